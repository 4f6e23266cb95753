/** What the journal of one start tells, without its own prefixes. */
export interface JournalFacts {
  readonly lines: readonly string[];
  /** `ModuleNotFoundError: No module named 'flask'`: the last line of the last traceback. */
  readonly exception?: string;
  /** `payment.py line 3`: where in the release that exception came from. */
  readonly place?: string;
}

const prefix = /^(?:\d{4}-\d\d-\d\dT\S+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ [^\s:]+(?:\[\d+\])?: ?/;
const exceptionLine =
  /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Timeout|Refused)?(?:: .*)?$/;
const namedError = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?:: .*)?$/;

/** Reads journal lines as `journalctl` prints them (short, short-iso or cat), oldest first. */
export function readJournal(journal: readonly string[]): JournalFacts {
  const lines = journal.map((line) => line.replace(prefix, ''));
  const found = lastException(lines);
  if (found === undefined) {
    return { lines };
  }
  const place = placeBefore(lines, found.index);
  return { lines, exception: found.text, ...(place === undefined ? {} : { place }) };
}

/** What a worker says that was interrupted while it loaded: a consequence of the stop, not its cause. */
const interruption = /^(KeyboardInterrupt|SystemExit)\b/;

function lastException(lines: readonly string[]): { readonly text: string; readonly index: number } | undefined {
  const raised = lines.flatMap((line, start) => {
    if (!line.startsWith('Traceback (most recent call last)')) {
      return [];
    }
    const offset = lines.slice(start + 1).findIndex((next) => !/^\s/.test(next) && exceptionLine.test(next));
    const text = lines[start + 1 + offset];
    return offset >= 0 && text !== undefined ? [{ text, index: start + 1 + offset }] : [];
  });
  const told = raised.findLast(({ text }) => !interruption.test(text)) ?? raised.at(-1);
  if (told !== undefined) {
    return told;
  }
  // A SyntaxError of the module itself comes without the word Traceback.
  const index = lines.findLastIndex((line) => namedError.test(line));
  const text = lines[index];
  return text === undefined ? undefined : { text, index };
}

/** The frame nearest to the exception that is the release's own and no library's. */
function placeBefore(lines: readonly string[], end: number): string | undefined {
  for (let index = end - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const frame = /^\s+File "([^"]+)", line (\d+)/.exec(line);
    if (frame?.[1] !== undefined && !/site-packages|dist-packages|\/lib\/python|^</.test(frame[1])) {
      return `${frame[1].split('/').at(-1)} line ${frame[2]}`;
    }
    if (line.startsWith('Traceback')) {
      return undefined;
    }
  }
  return undefined;
}
