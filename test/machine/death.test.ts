import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../core/model/deployment-records.ts';
import type { ControlVerb } from '../../core/model/operator-requests.ts';
import { readSteps } from '../../ledger/rollout/host-steps.ts';
import { statesOf } from '../../local/state-machine/definition.ts';
import type { Behaviour } from '../fakes/artifact-zips.ts';
import { createWorld, definition, type World, type WorldOptions } from '../fakes/world.ts';

interface Scene extends WorldOptions {
  readonly behaviour: Behaviour;
  /** What an operator says, each once: 5 s after the deployment has first entered the state. */
  readonly says?: Readonly<Record<string, ControlVerb>>;
  /** v2 is stable, and a person goes back to v1. */
  readonly isRollback?: true;
  /** Steps whose first calls fail, before they do anything: `verify: 2`; those of `answers` fail when all is done. */
  readonly errors?: Readonly<Record<string, number>>;
  readonly answers?: Readonly<Record<string, number>>;
}

const loadBalancer = { targetGroup: 'payment-{stage}', drainSeconds: 60, healthySeconds: 60 };

const scenes: Readonly<Record<string, Scene>> = {
  'a release that is well': { hosts: 'abc', behaviour: 'well' },
  'a release that crashes': { hosts: 'abc', behaviour: 'app-load-failed' },
  'a release that crashes within the budget': { hosts: 'ab', behaviour: 'unhealthy', rollout: { maxFailedHosts: 1 } },
  'a wave that bakes': { hosts: 'ab', behaviour: 'well', rollout: { bakeSeconds: 30 } },
  'two hosts at a time': { hosts: 'abcd', behaviour: 'well', rollout: { maxUnavailable: 2, waves: [1, '100%'] } },
  'a pause that is ended': { hosts: 'ab', behaviour: 'well', says: { Activate: 'pause', AwaitOperator: 'resume' } },
  'hosts behind a load balancer': {
    hosts: 'ab',
    behaviour: 'well',
    loadBalancer,
  },
  'a halt while hosts are staged': {
    hosts: 'ab',
    behaviour: 'well',
    seconds: { install: 30 },
    says: { InstallRelease: 'halt' },
  },
  'a rollback': { hosts: 'abc', behaviour: 'well', isRollback: true },
};

/** What is written of an error, and asked again, may die too. */
const scenesOfErrors: Readonly<Record<string, Scene>> = {
  'errors of gate and load balancer': {
    hosts: 'a',
    behaviour: 'well',
    loadBalancer,
    errors: { drain: 1, verify: 2, join: 1 },
  },
  'an error of a revert': { hosts: 'a', behaviour: 'app-load-failed', errors: { revert: 1 } },
  'an install whose answer is lost, and an error of settling it': {
    hosts: 'a',
    behaviour: 'well',
    answers: { install: 1 },
    errors: { settle: 1 },
  },
};

function givenErrors(world: World, steps: Scene['errors'], after: boolean): void {
  for (const [action, times] of Object.entries(steps ?? {})) {
    const name = action === 'drain' || action === 'join' ? 'RunBalancerStep' : 'RunHostStep';
    world.givenFunctionFault(name, 'TypeError', { times, after, matches: new RegExp(`"action":"${action}"`) });
  }
}

async function givenScene({ behaviour, isRollback, errors, answers, ...options }: Scene): Promise<World> {
  const world = await createWorld(options);
  await (isRollback ? world.givenStable(1, 2) : world.givenStable(1));
  if (!isRollback) await world.givenUpload(2, behaviour);
  givenErrors(world, errors, false);
  givenErrors(world, answers, true);
  return world;
}

function startOf(world: World, { isRollback }: Scene): Promise<string> {
  return isRollback ? world.start({ rollback: true }) : world.start();
}

/** Whatever died and when: the lock is free, every host serves one of the releases, and the ledger knows which. */
async function expectOrder(world: World, executionArn: string, { isRollback }: Scene): Promise<void> {
  const [before, after] = isRollback ? ['v2', 'v1'] : ['v1', 'v2'];
  await world.rest();
  for (let sweeps = 0; sweeps < 3; sweeps += 1) {
    await world.pass(300);
    await world.sweep();
    await world.rest();
  }
  const { outcome, deploymentId } = await world.story(executionArn);
  expect(await world.state()).toMatchObject({ lock: null, queue: [] });
  expect(world.target.violations()).toEqual([]);
  const runsNew = new Set(outcome?.hosts.filter((host) => host.status === 'passed').map((host) => host.name));
  const expected = world.target
    .running()
    .map((line) => `${line.charAt(0)} ${runsNew.has(line.charAt(0)) ? after : before}`);
  expect(world.target.running()).toEqual(expected);
  expect(['Succeeded', 'Degraded', 'RolledBack', 'FailedClean', undefined]).toContain(outcome?.status);
  if (outcome === undefined) expect(world.target.running().every((line) => line.endsWith(before))).toBe(true);
  if (isRollback) {
    const steps = await readSteps(world.ports, deploymentId);
    const putBack = new Set(steps.filter(({ intent }) => intent.action === 'revert').map(hostOf));
    const passed = steps.filter(({ intent, outcome: end }) => intent.action === 'verify' && end?.status === 'done');
    expect(passed.map(hostOf).filter((id) => putBack.has(id))).toEqual([]);
  }
}

function hostOf({ intent }: Step): string {
  return intent.instanceId;
}

describe('an execution that is stopped in any state is repaired', () => {
  const stoppedIn = new Set<string>();

  test.each(Object.entries({ ...scenes, ...scenesOfErrors }))('%s', async (_what, scene) => {
    for (let transitions = 1; ; transitions += 1) {
      const world = await givenScene(scene);
      let count = 0;
      world.onTransition(({ executionArn, visit }) => {
        count += 1;
        if (count === transitions) {
          stoppedIn.add(visit.state);
          void world.executions.stop(executionArn, 'Stopped', 'in the console');
        }
      });
      for (const [state, verb] of Object.entries(scene.says ?? {})) {
        world.whenEntered(state, () => {
          const deploymentId = world.deploymentIds().at(-1) ?? '';
          void world.time.wait(5000).then(() => world.say(verb, deploymentId));
        });
      }
      const executionArn = await startOf(world, scene);

      await expectOrder(world, executionArn, scene);
      const { status } = await world.story(executionArn);
      await world.close();
      if (status !== 'ABORTED') break;
    }
  });

  test('which was every state in which a deployment works or waits', () => {
    const atWork = [...statesOf(definition)].filter(([, { Type }]) => ['Task', 'Map', 'Wait'].includes(Type));

    expect(atWork.map(([name]) => name).filter((name) => !stoppedIn.has(name))).toEqual([]);
  });
});

describe('an engine that is killed between any two calls comes back to order', () => {
  test.each(Object.entries(scenes))('%s', async (_what, scene) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 900 }),
        fc.option(fc.integer({ min: 1, max: 300 })),
        async (first, second) => {
          const world = await givenScene(scene);
          world.whenCalled(first, () => {
            if (second !== null) world.whenCalled(second, () => world.kill());
            world.kill();
          });
          const executionArn = await startOf(world, scene);

          await expectOrder(world, executionArn, scene);
          await world.close();
        },
      ),
      { numRuns: 8 },
    );
  });
});
