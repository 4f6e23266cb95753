import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Approval } from '../../../../core/model/service-config.ts';
import {
  approvalBeforeWave,
  concurrencyOf,
  maxHostsPerWave,
  planWaves,
  type WaveHost,
} from '../../../../core/rollout/plan/plan-waves.ts';
import { documentedRows, wordsOf } from '../../documented-rows.ts';

function host(number: number, more: Partial<WaveHost> = {}): WaveHost {
  const instanceId = `i-${String(number).padStart(8, '0')}`;
  return { instanceId, zone: 'eu-west-1a', isDown: false, isOutdated: true, ...more };
}

function hosts(count: number): WaveHost[] {
  return Array.from({ length: count }, (_, index) => host(index));
}

const anyHosts = fc
  .uniqueArray(
    fc.record({
      number: fc.nat(99_999_999),
      zone: fc.constantFrom('eu-west-1a', 'eu-west-1b', 'eu-west-1c'),
      isDown: fc.boolean(),
      isOutdated: fc.boolean(),
    }),
    { selector: ({ number }) => number, maxLength: 60 },
  )
  .map((all) => all.map(({ number, ...more }) => host(number, more)));
const anySizes = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 80 }),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  ),
  { maxLength: 6 },
);

describe('planWaves', () => {
  const rows = documentedRows('core/rollout/plan/plan-waves.ts', 'planWaves');

  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(6);
  });

  test.each(rows)('%s hosts in %s give waves of %s', (count, sizes, perWave) => {
    const waves = planWaves({
      hosts: hosts(Number(count)),
      waves: wordsOf(sizes).map((size) => (size.endsWith('%') ? size : Number(size))),
    });

    expect(waves.map((wave) => wave.hosts.length)).toEqual(wordsOf(perWave).map(Number));
  });

  test('takes broken hosts first, then outdated ones, each zone by zone', () => {
    const b = 'eu-west-1b';
    const all = [
      host(1, { isOutdated: false }),
      host(2),
      host(3, { zone: b }),
      host(4, { zone: b, isDown: true, isOutdated: false }),
      host(5),
      host(6, { isDown: true }),
    ];

    const waves = planWaves({ hosts: all, waves: [2, '100%'] });

    expect(waves).toEqual([
      { number: 1, hosts: ['i-00000006', 'i-00000004'], completes: 1 },
      { number: 2, hosts: ['i-00000002', 'i-00000005', 'i-00000003', 'i-00000001'], completes: 2 },
    ]);
  });

  test('says which sizes a wave completes, also where one adds no host or a wave is split', () => {
    const completes = (count: number) =>
      planWaves({ hosts: hosts(count), waves: [1, '25%', '100%'] }).map((wave) => wave.completes);

    expect(completes(3)).toEqual([2, 3]);
    expect(completes(1)).toEqual([3]);
    expect(completes(1000)).toEqual([1, 2, 0, 3]);
  });

  test('refuses what is no size as a bug', () => {
    expect(() => planWaves({ hosts: hosts(1), waves: ['half'] })).toThrow(new RangeError('half is no wave size'));
  });

  test('puts every host into exactly one wave, whatever the sizes', () => {
    fc.assert(
      fc.property(anyHosts, anySizes, (all, waves) => {
        const planned = planWaves({ hosts: all, waves }).flatMap((wave) => wave.hosts);
        expect(planned.toSorted()).toEqual(all.map((each) => each.instanceId).toSorted());
      }),
    );
  });

  test('has no empty wave, none above the limit, and numbers without a gap', () => {
    fc.assert(
      fc.property(fc.nat(2500), anySizes, (count, waves) => {
        const planned = planWaves({ hosts: hosts(count), waves });
        expect(planned.every((wave) => wave.hosts.length >= 1 && wave.hosts.length <= maxHostsPerWave)).toBe(true);
        expect(planned.map((wave) => wave.number)).toEqual(planned.map((_, index) => index + 1));
      }),
      { numRuns: 50 },
    );
  });

  test('gives the same waves for the same hosts in any order', () => {
    const shuffled = anyHosts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, anySizes, ([all, otherOrder], waves) => {
        expect(planWaves({ hosts: otherOrder, waves })).toEqual(planWaves({ hosts: all, waves }));
      }),
    );
  });

  test('never takes a host that serves before one that is down', () => {
    fc.assert(
      fc.property(anyHosts, anySizes, (all, waves) => {
        const down = new Set(all.filter((each) => each.isDown).map((each) => each.instanceId));
        const order = planWaves({ hosts: all, waves }).flatMap((wave) => wave.hosts);
        expect(order.slice(0, down.size).every((id) => down.has(id))).toBe(true);
      }),
    );
  });
});

describe('approvalBeforeWave', () => {
  const waves = (count: number) => planWaves({ hosts: hosts(count), waves: [1, '25%', '100%'] });
  const afterWave = (wave: number): Approval => ({ kind: 'after-wave', wave, for: 'all', timeLimitSeconds: 60 });
  const rows: readonly (readonly [string, Approval, number, number | null])[] = [
    ['none', { kind: 'none' }, 10, null],
    [
      'before staging, which is before every wave',
      { kind: 'before-staging', for: 'all', timeLimitSeconds: 60 },
      10,
      null,
    ],
    ['before the first', { kind: 'before-first-wave', for: 'all', timeLimitSeconds: 60 }, 10, 1],
    ['before the first of nothing', { kind: 'before-first-wave', for: 'all', timeLimitSeconds: 60 }, 0, null],
    ['after the first', afterWave(1), 10, 2],
    ['after the second', afterWave(2), 10, 3],
    ['after one that adds no host: after the one before it', afterWave(2), 3, 2],
    ['after one that no wave follows', afterWave(2), 1, null],
    ['after one before a split wave', afterWave(2), 1000, 3],
  ];

  test.each(rows)('%s', (_, approval, count, expected) => {
    expect(approvalBeforeWave(approval, waves(count))).toBe(expected);
  });
});

describe('concurrencyOf', () => {
  test.each(documentedRows('core/rollout/plan/plan-waves.ts', 'concurrencyOf'))(
    '%s hosts, %s of them down, %s down elsewhere, at most %s unavailable: %s at once',
    (count, downInside, downOutside, maxUnavailable, expected) => {
      const facts = {
        hosts: Number(count),
        downInside: Number(downInside),
        downOutside: Number(downOutside),
        maxUnavailable: Number(maxUnavailable),
      };

      expect(concurrencyOf(facts)).toBe(Number(expected));
    },
  );

  test('together with broken hosts first never has more than maxUnavailable hosts down beyond those that were', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.nat(30),
        fc.nat(5),
        fc.integer({ min: 1, max: 8 }),
        (inside, serving, outside, most) => {
          fc.pre(inside + serving > 0 && outside < most);
          const concurrency = concurrencyOf({
            hosts: inside + serving,
            downInside: inside,
            downOutside: outside,
            maxUnavailable: most,
          });
          // The map starts hosts in order and the next one when one is done: at every start count who is down.
          for (let started = inside + 1; started <= inside + serving; started += 1) {
            const running = Math.min(started, concurrency);
            expect(running + outside).toBeLessThanOrEqual(most);
          }
        },
      ),
    );
  });
});
