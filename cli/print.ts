import type { CommonOptions, Output, World } from './world.ts';

export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(''));
}

/** What a person is told on the way; not where the output is one JSON document. */
export function tell(world: World, options: CommonOptions, ...lines: readonly string[]): void {
  if (!options.json) {
    printLines(world.stdout, lines);
  }
}

/** One JSON document, indented: people read it too. */
export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** How this person calls the command, and for which stage. */
export type Calling = Pick<World, 'commandName' | 'stageOptions'>;

/** `next: …`, with the command spelled as this person typed it. */
export function nextLine(next: string, calling: Calling): string {
  return `next: ${asTyped(next, calling)}`;
}

/** The text with every `rollgate` command in it spelled for this person and this stage. */
export function asTyped(text: string, { commandName, stageOptions }: Calling): string {
  return text
    .replaceAll(/\brollgate (?=-)/g, `${commandName} `)
    .replaceAll(/\brollgate ([a-z]+)\b/g, `${commandName} $1${stageOptions}`);
}
