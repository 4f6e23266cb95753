/** Where the structured lines go: stdout on Lambda, a file of the engine, nowhere in tests. */
let write: (line: string) => void = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Sends the lines elsewhere. */
export function logTo(sink: (line: string) => void): void {
  write = sink;
}

/** Writes one JSON line. Callers pass ids and words, never payloads or secrets. */
export function writeLine(level: 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>): void {
  write(JSON.stringify({ level, ...fields }));
}
