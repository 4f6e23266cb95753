import { describe, test } from 'vitest';
import type { BackEnd, Bench, BenchOptions } from './back-end.ts';
import type { Capability } from './capabilities.ts';

export type ContractTest = (
  promise: string,
  needs: readonly Capability[],
  body: (bench: Bench) => Promise<void>,
  options?: BenchOptions,
) => void;

/**
 * The tests of one port on one back end. Where the back end lacks what a test needs, the test has to fail: so the table
 * of its gaps can't grow old unseen.
 */
export function contract(port: string, backEnd: BackEnd, tests: (contractTest: ContractTest) => void): void {
  describe(`${port} on ${backEnd.name}`, () => {
    tests((promise, needs, body, options) => {
      const gaps = needs.flatMap((need) => {
        const has = backEnd.capabilities[need];
        return has === true ? [] : [has];
      });
      if (gaps.length === 0) {
        test(promise, () => withBench(backEnd, options, body));
        return;
      }
      if (gaps.some((gap) => gap.isLeftOut === true)) {
        return;
      }
      test(`gap: ${promise}`, async ({ expect }) => {
        const bench = await backEnd.open(options);
        try {
          const passed = await body(bench).then(
            () => true,
            () => false,
          );
          expect(passed, `${backEnd.name} keeps this promise now: correct its table of capabilities`).toBe(false);
        } finally {
          await bench.close();
        }
      });
    });
  });
}

async function withBench(
  backEnd: BackEnd,
  options: BenchOptions | undefined,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const bench = await backEnd.open(options);
  try {
    await body(bench);
  } finally {
    await bench.close();
  }
}
