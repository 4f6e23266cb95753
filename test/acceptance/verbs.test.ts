import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDecisions } from '../../ledger/deployments.ts';
import { readSteps } from '../../ledger/host-steps.ts';
import { changeState, readState } from '../../ledger/target-state.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import { clearFirewall, dropTraffic } from '../hosts/firewall.ts';
import { isHealthy } from './availability-probe.ts';
import { shortGate } from './faults/rig.ts';
import { type Ended, type LocalStage, mainPid, on, startStage, until, whyNoHostTests } from './local-stage.ts';
import { type Typed, typeCommand } from './type-command.ts';

const why = await whyNoHostTests();

/** A deployment that has begun: it holds the lock. */
interface Begun {
  readonly executionArn: string;
  readonly deploymentId: string;
}

/**
 * Every verb of an operator on real hosts, typed, told in order: each test starts where the one before it ended. One
 * stage, three hosts. At the end an execution is stopped in each phase, as the console's Stop does it.
 */
describe.runIf(why === undefined)('the verbs of an operator on three systemd hosts', () => {
  let stage: LocalStage;

  beforeAll(async () => {
    stage = await startStage('test-verbs', { change: shortGate });
    for (const variant of ['v1', 'v2']) expect((await stage.deploy(variant)).outcome.status).toBe('Succeeded');
  });
  afterAll(async () => {
    await stage?.engine.stop();
  });

  const type = (...argv: readonly string[]): Promise<Typed> => typeCommand(stage, ...argv);
  const pids = (): Promise<readonly string[]> => Promise.all(stage.hosts.map(mainPid));
  const releases = (): Promise<readonly string[]> =>
    Promise.all(
      stage.hosts.map(async (host) =>
        (await on(host, 'readlink', '/app/current')).replace(/^releases\/(v\d+)-.*/, '$1'),
      ),
    );
  const serving = (): Promise<readonly boolean[]> =>
    Promise.all(stage.hosts.map((host) => isHealthy(host.addresses[0] ?? '')));
  const lockHolder = async () => (await readState(stage.engine.ports)).lock;

  async function hasBegun(executionArn: string): Promise<Begun> {
    await until(async () => (await lockHolder())?.executionArn === executionArn, `the lock of ${executionArn}`);
    return { executionArn, deploymentId: (await lockHolder())?.deploymentId ?? '' };
  }

  async function begin(input: unknown): Promise<Begun> {
    return hasBegun((await stage.start(input)).executionArn);
  }

  async function untilSent({ deploymentId }: Begun, action: string, count = 1): Promise<void> {
    await until(async () => {
      const steps = await readSteps(stage.engine.ports, deploymentId);
      return steps.filter((step) => step.intent.action === action && step.commandId !== null).length >= count;
    }, `${count} × ${action}`);
  }

  async function untilDone({ deploymentId }: Begun, action: string): Promise<void> {
    await until(async () => {
      const steps = await readSteps(stage.engine.ports, deploymentId);
      return steps.some((step) => step.intent.action === action && step.outcome?.status === 'done');
    }, `the end of ${action}`);
  }

  async function untilParked({ deploymentId }: Begun): Promise<void> {
    await until(async () => {
      const last = (await readDecisions(stage.engine.ports, deploymentId)).at(-1);
      return last?.decision.kind === 'park';
    }, 'the park');
  }

  const named = ({ outcome }: Ended) => outcome.hosts.map((host) => `${host.name} ${host.status}`);

  it('halt ends a deployment while its hosts are being staged, in seconds, and touches nothing', async () => {
    const before = await pids();
    for (const host of stage.hosts) await dropTraffic(host as SystemdHost, { port: 443 });
    const begun = await hasBegun((await stage.upload('new-requirement')).executionArn);
    await untilSent(begun, 'install', 3);

    const saidAt = Date.now();
    const { exitCode, stdout } = await type('halt', '--reason', 'not today');
    const ended = await stage.ended(begun.executionArn);

    const seconds = (Date.now() - saidAt) / 1000;
    console.log(`halt while three hosts install: ended after ${seconds.toFixed(1)} s`);
    for (const host of stage.hosts) await clearFirewall(host as SystemdHost);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('will halt')]);
    expect(ended.outcome).toMatchObject({ status: 'FailedClean', errorName: 'HaltedError' });
    expect(ended.outcome.reason.text).toContain('not today');
    expect(seconds).toBeLessThan(20);
    expect(await pids()).toEqual(before);
  });

  it('pause starts no further host, resume goes on; status and explain say who said it', async () => {
    const begun = await begin({ release: 'v1' });
    await untilSent(begun, 'activate');

    expect((await type('pause', '--reason', 'looking')).exitCode).toBe(0);
    await untilParked(begun);
    const sent = (await readSteps(stage.engine.ports, begun.deploymentId)).filter(
      (step) => step.intent.action === 'activate',
    );
    expect(sent).toHaveLength(1);
    expect((await type('pause')).exitCode).toBe(2);
    expect((await type('status')).stdout).toContain('looking');
    expect((await type('resume')).exitCode).toBe(0);

    expect((await stage.ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    expect(await releases()).toEqual(['v1', 'v1', 'v1']);
    expect((await type('explain', begun.deploymentId)).stdout).toMatch(/pause.*alice.*looking/s);
  });

  it('skip leaves a host as it is, and the others get the release', async () => {
    const begun = await begin({ release: 'v2' });
    await untilSent(begun, 'activate');
    const last = stage.hosts[2];

    expect((await type('skip', 'payment-9')).exitCode).toBe(2);
    expect((await type('skip', last?.name ?? '', '--reason', 'its disk is being changed')).exitCode).toBe(0);
    const ended = await stage.ended(begun.executionArn);

    expect(named(ended)).toEqual(['payment-1 passed', 'payment-2 passed', 'payment-3 skipped']);
    expect(await releases()).toEqual(['v2', 'v2', 'v1']);
    const { exitCode } = await type('deploy', '--release', 'v2', '--hosts', last?.instanceId ?? '');
    expect([exitCode, await releases()]).toEqual([0, ['v2', 'v2', 'v2']]);
  });

  it('halt --keep leaves every host as it is, and resume brings the release to the rest', async () => {
    const begun = await begin({ release: 'v1' });
    await untilDone(begun, 'verify');

    expect((await type('halt', '--keep', '--reason', 'enough for today')).exitCode).toBe(0);
    const ended = await stage.ended(begun.executionArn);
    expect(ended.outcome.status).toBe('Halted');
    const kept = await releases();
    expect(kept[0]).toBe('v1');
    expect(kept).toContain('v2');
    expect(await serving()).toEqual([true, true, true]);
    const first = await mainPid(stage.hosts[0] as SystemdHost);

    const { exitCode, stderr } = await type('resume');

    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`resumes ${begun.deploymentId}`)]);
    expect(await releases()).toEqual(['v1', 'v1', 'v1']);
    expect(await mainPid(stage.hosts[0] as SystemdHost)).toBe(first);
  });

  it('approve lets a deployment go on that waits for it', async () => {
    await stage.publish((yaml) => shortGate(yaml).replace('approval: none', 'approval: before-first-wave'));
    const begun = await begin({ release: 'v2' });
    await untilParked(begun);
    expect(await releases()).toEqual(['v1', 'v1', 'v1']);

    expect((await type('approve', '--reason', 'seen')).exitCode).toBe(0);

    expect((await stage.ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    expect(await releases()).toEqual(['v2', 'v2', 'v2']);
    await stage.publish(shortGate);
  });

  it('freeze refuses what comes until unfreeze, each saying what to type', async () => {
    expect((await type('freeze')).exitCode).toBe(2);
    expect((await type('freeze', '--reason', 'sale')).exitCode).toBe(0);
    const before = await pids();

    const refused = await type('deploy', '--release', 'v1');

    expect(refused.exitCode).toBe(3);
    expect(refused.stdout + refused.stderr).toMatch(/sale.*rollgate unfreeze/s);
    expect(await pids()).toEqual(before);
    expect((await type('unfreeze', '--reason', 'over')).exitCode).toBe(0);
    const again = await type('unfreeze');
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('not frozen')]);
  });

  it('retry asks the hosts again that wait for the end of a fault that everybody has', async () => {
    const { broker } = stage.engine.target.upstreams ?? {};
    if (broker === undefined) throw new Error('no RabbitMQ');
    const begun = await begin({ release: 'v1' });
    await untilSent(begun, 'activate');
    await broker.stopBroker();
    await untilParked(begun);
    expect(await serving()).toEqual([true, true, true]);

    await broker.startBroker();
    const { exitCode } = await type('retry', '--reason', 'RabbitMQ is back');
    const ended = await stage.ended(begun.executionArn);

    expect([exitCode, ended.outcome.status]).toEqual([0, 'Succeeded']);
    const actions = (await readSteps(stage.engine.ports, begun.deploymentId)).map((step) => step.intent.action);
    expect(actions).not.toContain('revert');
    expect(await releases()).toEqual(['v1', 'v1', 'v1']);
  });

  it('unlock refuses while the holder runs, and has a lock repaired whose holder nobody knows', async () => {
    const begun = await begin({ release: 'v2' });
    const early = await type('unlock', '--reason', 'in a hurry');
    expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining('next: ')]);
    expect((await stage.ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    const { ports } = stage.engine;
    const executionArn = ports.executions.arnOf('nobody-knows-this-one');
    await changeState(ports, (state) => ({
      ...state,
      lock: {
        ...{ deploymentId: begun.deploymentId, executionArn, fence: state.fence, by: 'test' },
        ...{ acquiredAt: new Date().toISOString(), purpose: 'rollout', repairs: 0, isRollback: false },
      },
    }));

    const { exitCode } = await type('unlock', '--reason', 'its execution is gone');

    expect(exitCode).toBe(0);
    await until(async () => (await lockHolder()) === null, 'the lock to be free');
    expect(await releases()).toEqual(['v2', 'v2', 'v2']);
  });

  describe('an execution that is stopped in the console', () => {
    const phases = [
      ['while it stages', 'install', 'FailedClean'],
      ['while it activates', 'activate', 'RolledBack'],
      ['in a gate', 'verify', 'RolledBack'],
    ] as const;

    async function expectOrder({ deploymentId }: Begun, release: string): Promise<void> {
      await until(async () => (await lockHolder()) === null, 'the repair', 120);
      expect(await serving()).toEqual([true, true, true]);
      expect(await releases()).toEqual([release, release, release]);
      const { stdout } = await type('status', deploymentId);
      expect(stdout).toMatch(/RolledBack|FailedClean/);
    }

    it.each(phases)('%s leaves no lock and no host half switched', async (_when, action, status) => {
      const begun = await begin({ release: 'v1' });
      await untilSent(begun, action);

      await stage.engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

      await expectOrder(begun, 'v2');
      expect((await stage.ended(begun.executionArn)).outcome.status).toBe(status);
    });

    it('while it bakes leaves no lock and no host half switched', async () => {
      await stage.publish((yaml) => shortGate(yaml).replace('bakeSeconds: 0', 'bakeSeconds: 600'));
      const begun = await begin({ release: 'v1' });
      await until(
        async () => (await readDecisions(stage.engine.ports, begun.deploymentId)).at(-1)?.decision.kind === 'bake',
        'the bake',
      );

      await stage.engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

      await expectOrder(begun, 'v2');
      await stage.publish(shortGate);
    });

    it('while it puts a host back leaves no lock and no host half switched', async () => {
      const begun = await hasBegun((await stage.upload('exits-at-start')).executionArn);
      await untilSent(begun, 'revert');

      await stage.engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

      await expectOrder(begun, 'v2');
    });
  });
});
