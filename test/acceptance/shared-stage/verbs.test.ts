import { describe, expect, it } from 'vitest';
import { changeState, readState } from '../../../ledger/lock/target-state.ts';
import { readSteps } from '../../../ledger/rollout/host-steps.ts';
import type { SystemdHost } from '../../../local/hosts/systemd-host.ts';
import { clearFirewall, dropTraffic } from '../../hosts/firewall.ts';
import { type Ended, type LocalStage, mainPid, until, whyNoHostTests } from '../local-stage.ts';
import { shortGate } from '../prepared-stage.ts';
import { type Typed, typeCommand } from '../type-command.ts';
import { begin, runningReleases, serving, untilBegun, untilDecided, untilDone, untilSent } from './begun-deployment.ts';
import { useSharedStage } from './shared-stage.ts';

const why = await whyNoHostTests();

/** Every verb of an operator on real hosts, typed, told in order: each test starts where the one before it ended. */
describe.runIf(why === undefined)('the verbs of an operator on three systemd hosts', () => {
  const shared = useSharedStage();
  const stage = (): LocalStage => shared.get().stage;
  const type = (...argv: readonly string[]): Promise<Typed> => typeCommand(stage(), ...argv);
  const pids = (): Promise<readonly string[]> => Promise.all(stage().hosts.map(mainPid));
  const named = ({ outcome }: Ended) => outcome.hosts.map((host) => `${host.name} ${host.status}`);

  it('halt cancels what hosts install in place of waiting for it, and touches nothing', async () => {
    const before = await pids();
    for (const host of stage().hosts) await dropTraffic(host as SystemdHost, { port: 443 });
    const begun = await untilBegun(stage(), (await stage().upload('new-requirement')).executionArn);
    await untilSent(stage(), begun, 'install', 3);

    const saidAt = Date.now();
    const { exitCode, stdout } = await type('halt', '--reason', 'not today');
    const ended = await stage().ended(begun.executionArn);
    console.log(`halt while three hosts install: ended after ${((Date.now() - saidAt) / 1000).toFixed(1)} s`);

    const installs = stage()
      .engine.runCommand.commands()
      .filter(({ parameters }) => parameters['deploymentId']?.[0] === begun.deploymentId)
      .filter(({ documentName }) => documentName.endsWith('-install'));
    for (const host of stage().hosts) await clearFirewall(host as SystemdHost);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('will halt')]);
    expect(ended.outcome).toMatchObject({ status: 'FailedClean', errorName: 'HaltedError' });
    expect(ended.outcome.reason.text).toContain('not today');
    expect(installs.map(({ status }) => status)).toEqual(['Cancelled', 'Cancelled', 'Cancelled']);
    expect(await pids()).toEqual(before);
  });

  it('pause starts no further host, resume goes on; status and explain say who said it', async () => {
    const begun = await begin(stage(), { release: 'v1' });
    await untilSent(stage(), begun, 'activate');

    expect((await type('pause', '--reason', 'looking')).exitCode).toBe(0);
    await untilDecided(stage(), begun, 'park');
    const sent = (await readSteps(stage().engine.ports, begun.deploymentId)).filter(
      (step) => step.intent.action === 'activate',
    );
    expect(sent).toHaveLength(1);
    expect((await type('pause')).exitCode).toBe(2);
    expect((await type('status')).stdout).toContain('looking');
    expect((await type('resume')).exitCode).toBe(0);

    expect((await stage().ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    expect(await runningReleases(stage())).toEqual(['v1', 'v1', 'v1']);
    expect((await type('explain', begun.deploymentId)).stdout).toMatch(/pause.*alice.*looking/s);
  });

  it('skip leaves a host as it is, and the others get the release', async () => {
    const begun = await begin(stage(), { release: 'v2' });
    await untilSent(stage(), begun, 'activate');
    const last = stage().hosts[2];

    expect((await type('skip', 'payment-9')).exitCode).toBe(2);
    expect((await type('skip', last?.name ?? '', '--reason', 'its disk is being changed')).exitCode).toBe(0);
    const ended = await stage().ended(begun.executionArn);

    expect(named(ended)).toEqual(['payment-1 passed', 'payment-2 passed', 'payment-3 skipped']);
    expect(await runningReleases(stage())).toEqual(['v2', 'v2', 'v1']);
    const { exitCode } = await type('deploy', '--release', 'v2', '--hosts', last?.instanceId ?? '');
    expect([exitCode, await runningReleases(stage())]).toEqual([0, ['v2', 'v2', 'v2']]);
  });

  it('halt --keep leaves every host as it is, and resume brings the release to the rest', async () => {
    const begun = await begin(stage(), { release: 'v1' });
    await untilDone(stage(), begun, 'verify');

    expect((await type('halt', '--keep', '--reason', 'enough for today')).exitCode).toBe(0);
    const ended = await stage().ended(begun.executionArn);
    expect(ended.outcome.status).toBe('Halted');
    const kept = await runningReleases(stage());
    expect(kept[0]).toBe('v1');
    expect(kept).toContain('v2');
    // A host that was just being switched starts its service without a gate.
    await until(async () => (await serving(stage())).every((each) => each), 'every host to serve');
    const first = await mainPid(stage().hosts[0] as SystemdHost);

    const { exitCode, stderr } = await type('resume');

    expect([exitCode, stderr]).toEqual([0, expect.stringContaining(`resumes ${begun.deploymentId}`)]);
    expect(await runningReleases(stage())).toEqual(['v1', 'v1', 'v1']);
    expect(await mainPid(stage().hosts[0] as SystemdHost)).toBe(first);
  });

  it('approve lets a deployment go on that waits for it', async () => {
    await stage().publish((yaml) => shortGate(yaml).replace('approval: none', 'approval: before-first-wave'));
    const begun = await begin(stage(), { release: 'v2' });
    await untilDecided(stage(), begun, 'park');
    expect(await runningReleases(stage())).toEqual(['v1', 'v1', 'v1']);

    expect((await type('approve', '--reason', 'seen')).exitCode).toBe(0);

    expect((await stage().ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    expect(await runningReleases(stage())).toEqual(['v2', 'v2', 'v2']);
    await stage().publish(shortGate);
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
    const { broker } = stage().engine.target.upstreams ?? {};
    if (broker === undefined) throw new Error('no RabbitMQ');
    const begun = await begin(stage(), { release: 'v1' });
    await untilSent(stage(), begun, 'activate');
    await broker.stopBroker();
    await untilDecided(stage(), begun, 'park');
    expect(await serving(stage())).toEqual([true, true, true]);

    await broker.startBroker();
    const { exitCode } = await type('retry', '--reason', 'RabbitMQ is back');
    const ended = await stage().ended(begun.executionArn);

    expect([exitCode, ended.outcome.status]).toEqual([0, 'Succeeded']);
    const actions = (await readSteps(stage().engine.ports, begun.deploymentId)).map((step) => step.intent.action);
    expect(actions).not.toContain('revert');
    expect(await runningReleases(stage())).toEqual(['v1', 'v1', 'v1']);
  });

  it('unlock refuses while the holder runs, and has a lock repaired whose holder nobody knows', async () => {
    const begun = await begin(stage(), { release: 'v2' });
    const early = await type('unlock', '--reason', 'in a hurry');
    expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining('next: ')]);
    expect((await stage().ended(begun.executionArn)).outcome.status).toBe('Succeeded');
    const { ports } = stage().engine;
    const executionArn = ports.executions.arnOf('nobody-knows-this-one');
    await changeState(ports, (state) => ({
      ...state,
      lock: {
        deploymentId: begun.deploymentId,
        executionArn,
        fence: state.fence,
        by: 'test',
        acquiredAt: new Date().toISOString(),
        purpose: 'rollout',
        repairs: 0,
        isRollback: false,
      },
    }));

    const { exitCode } = await type('unlock', '--reason', 'its execution is gone');

    expect(exitCode).toBe(0);
    await until(async () => (await readState(stage().engine.ports)).lock === null, 'the lock to be free');
    expect(await runningReleases(stage())).toEqual(['v2', 'v2', 'v2']);
  });
});
