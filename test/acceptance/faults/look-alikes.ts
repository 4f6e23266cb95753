import type { Fault } from './fault.ts';
import type { FaultResult } from './try-fault.ts';

/**
 * Faults whose texts a person could not tell apart, a sentence each; none where every fault has words of its own, or says
 * why it shares those of another. Numbers and host names do not count: they are of the run, not of the fault.
 */
export function lookAlikes(faults: readonly Fault[], results: readonly FaultResult[]): readonly string[] {
  const told = results.flatMap((result) => {
    const fault = faults.find(({ name }) => name === result.name);
    return fault === undefined || result.diagnosis === null ? [] : [{ fault, ...result.diagnosis }];
  });
  return told.flatMap((one, index) =>
    told.slice(index + 1).flatMap((other) => {
      if (wordsOf(one.meaning) !== wordsOf(other.meaning)) return [];
      const pair = `${one.fault.name} and ${other.fault.name} mean the same: ${other.meaning}`;
      if (one.cause !== other.cause) return [`${pair} (${one.cause}, ${other.cause})`];
      return isExplained(one.fault, other.fault) ? [] : [pair];
    }),
  );
}

function isExplained(one: Fault, other: Fault): boolean {
  return one.isAlike?.to === other.name || other.isAlike?.to === one.name;
}

/** Without what differs from run to run: numbers, hashes. */
function wordsOf(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{12,}\b/g, '#').replaceAll(/\d+/g, '#');
}
