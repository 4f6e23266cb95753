import { expect } from 'vitest';
import { TransientAwsError } from '../../core/model/errors.ts';
import { changeState, readState } from '../../ledger/lock/target-state.ts';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const writers = 8;
const changesEach = 4;

/** `state.json`, changed by compare-and-swap through the ledger's conditional writes. */
export function stateSwapContract(backEnd: BackEnd): void {
  contract('state.json', backEnd, (contractTest) => {
    contractTest('no change of several writers is lost', ['atomicReplace', 'atomicCreate'], async ({ ports }) => {
      const change = async (): Promise<void> => {
        for (let done = 0; done < changesEach; ) {
          try {
            await changeState(ports, (state) => ({ ...state, fence: state.fence + 1 }));
            done += 1;
          } catch (error) {
            // Twenty lost races: the step is retried, as Step Functions does it.
            if (!(error instanceof TransientAwsError)) throw error;
          }
        }
      };

      await Promise.all(Array.from({ length: writers }, change));

      expect((await readState(ports)).fence).toBe(writers * changesEach);
    });

    for (const [what, isThere] of [
      ['the first state', false],
      ['a state that is there', true],
    ] as const) {
      contractTest(`a lost answer about ${what} does not undo or repeat the change`, [], async (bench) => {
        if (isThere) await changeState(bench.ports, (state) => ({ ...state, fence: 40 }));
        const { ports, lost } = await bench.portsThatLoseAnswers('once');
        let calls = 0;

        const written = await changeState(ports, (state) => {
          calls += 1;
          return { ...state, fence: state.fence + 1 };
        });

        expect(lost()).toBe(1);
        expect(calls).toBe(1);
        expect(written.fence).toBe(isThere ? 41 : 1);
        expect(await readState(bench.ports)).toEqual(written);
      });
    }

    contractTest('where every answer is lost the step is retried, and finds the change', [], async (bench) => {
      const { ports, lost } = await bench.portsThatLoseAnswers('always');
      const freeze = { by: 'ann', at: '2026-11-22T20:45:00.000Z', reason: 'stocktaking' };

      const failure = await changeState(ports, (state) => ({ ...state, freeze })).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(TransientAwsError);
      expect(lost()).toBeGreaterThan(0);
      const again = await changeState(bench.ports, (state) => (state.freeze === null ? { ...state, freeze } : state));
      expect(again.freeze).toEqual(freeze);
      expect(again).toEqual(await readState(bench.ports));
    });
  });
}
