import { describe, expect, it } from 'vitest';
import { whyNoHostTests } from '../local-stage.ts';
import { useSharedStage } from '../shared-stage/shared-stage.ts';
import type { Fault } from './fault.ts';
import { leaveFaultResult } from './fault-results.ts';
import { tryFault } from './try-fault.ts';

const why = await whyNoHostTests();

/** Faults of the catalogue, a test each; `npm run faults` prints the same as a table. */
export function describeFaults(faults: readonly Fault[]): void {
  describe.runIf(why === undefined)('a fault that is injected is told by its own name', () => {
    const shared = useSharedStage();

    it.each(faults)('$name: $injected', async (fault) => {
      const result = await tryFault(shared.get(), fault);

      leaveFaultResult(result);
      if (result.isStageSpoilt) await shared.replace();
      expect(result.problems).toEqual([]);
    });
  });
}
