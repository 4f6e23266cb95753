import { type Cause, causeKinds } from '../model/causes.ts';
import type { Diagnosis } from '../model/diagnosis.ts';

/** Letters of a meaning or remedy: a line that a person still reads, and little beside the 1 kB a task returns. */
const maxLineLength = 400;

/** A diagnosis of this cause; meaning and remedy become one line each. */
export function finding(cause: Cause, meaning: string, remedy: string, command?: string): Diagnosis {
  const told = { cause, meaning: oneLine(meaning), remedy: oneLine(remedy), kind: causeKinds[cause] };
  return command === undefined ? told : { ...told, command };
}

/** The text on one line, cut with `…` where it is longer than `longest`. */
export function oneLine(text: string, longest: number = maxLineLength): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The first match of a pattern's group in any of the lines, first line first. */
export function firstMatch(lines: readonly string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) {
      return match[1] ?? match[0];
    }
  }
  return undefined;
}
