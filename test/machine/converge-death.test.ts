import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Convergence } from '../../core/model/convergence.ts';
import { keys } from '../../ledger/keys.ts';
import type { Behaviour } from '../fakes/artifact-zips.ts';
import { createWorld, type World } from '../fakes/world.ts';

interface Scene {
  /** A release that is being rolled out when the host appears. */
  readonly inFlight?: Behaviour;
  /** What the host runs when all is over, besides `v1`: where the rollout succeeded in spite of the death. */
  readonly orElse?: 'v2';
}

const scenes: Readonly<Record<string, Scene>> = {
  'alone on the target': {},
  'while a release is rolled out that fails': { inFlight: 'app-load-failed' },
  'while a release is rolled out that is well': { inFlight: 'well', orElse: 'v2' },
};

/** v1 is stable, and host d appears after so many calls of the rollout, if there is one. */
async function givenAppearance({ inFlight }: Scene): Promise<World> {
  const world = await createWorld({ hosts: 'ab', later: 'd' });
  await world.givenStable(1);
  if (inFlight !== undefined) {
    await world.givenUpload(2, inFlight);
    await world.start();
    await world.until(() => world.sent().includes('activate a'));
  }
  return world;
}

async function settle(world: World): Promise<void> {
  await world.rest();
  for (let sweeps = 0; sweeps < 5; sweeps += 1) {
    await world.pass(300);
    await world.sweep();
    await world.rest();
  }
}

/** Whatever died and when: all hosts run what is stable, and nobody holds or waits for anything. */
async function expectConverged(world: World, { orElse }: Scene): Promise<void> {
  const state = await world.state();
  const stable = `v${state.stableHistory.at(-1)?.release}`;
  expect(['v1', orElse]).toContain(stable);
  expect(world.target.running()).toEqual(['a', 'b', 'd'].map((name) => `${name} ${stable}`));
  expect(state).toMatchObject({ lock: null, queue: [] });
  expect(world.bucket.json(keys.convergence('payment')) as Convergence).toMatchObject({
    waiting: {},
    givenUp: {},
    underWay: null,
    breaker: null,
  });
  const releases = Object.keys(world.target.fleet.host(world.idOf('d')).state().releases);
  expect(releases.map((releaseId) => releaseId.split('-')[0])).toEqual(expect.arrayContaining([stable]));
  if (orElse === undefined) expect(releases.every((releaseId) => releaseId.startsWith('v1-'))).toBe(true);
}

describe('an engine that dies between any two calls brings a host that has appeared to the stable release all the same', () => {
  test.each(Object.entries(scenes))('%s', { timeout: 60_000 }, async (_what, scene) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 350 }), async (calls) => {
        const world = await givenAppearance(scene);
        world.whenCalled(calls, () => world.kill());

        world.appear('d');
        await settle(world);

        await expectConverged(world, scene);
        await world.close();
      }),
      { numRuns: 12 },
    );
  });
});

describe('an execution that is stopped in any state while it converges a host is repaired, and the host converged', () => {
  test('alone on the target', { timeout: 60_000 }, async () => {
    for (let transitions = 1; ; transitions += 1) {
      const world = await givenAppearance({});
      let isStopped = false;
      let count = 0;
      world.onTransition(({ executionArn }) => {
        count += 1;
        if (count !== transitions) return;
        isStopped = true;
        void world.executions.stop(executionArn, 'Stopped', 'in the console');
      });

      world.appear('d');
      await settle(world);

      await expectConverged(world, {});
      await world.close();
      if (!isStopped) break;
    }
  });
});
