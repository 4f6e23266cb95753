/** A request for one page; the first one carries no token. */
export type PageToken = { readonly NextToken?: string };

/** Asks until there is no further page; a page may be empty and still have a successor. */
export async function everyPage(ask: (token: PageToken) => Promise<string | undefined>): Promise<void> {
  let token: PageToken | undefined = {};
  while (token !== undefined) {
    const next: string | undefined = await ask(token);
    token = next === undefined || next === '' ? undefined : { NextToken: next };
  }
}

/** The values in groups of at most `size`: what one filter takes. */
export function inParts<T>(values: readonly T[], size: number): readonly T[][] {
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size));
}
