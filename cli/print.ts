import type { Output } from './world.ts';

export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(''));
}

/** One JSON document, indented: people read it too. */
export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** `next: …`, with the command spelled as this person typed it. */
export function nextLine(next: string, commandName: string): string {
  return `next: ${next.replaceAll(/\brollgate(?= [a-z-])/g, commandName)}`;
}
