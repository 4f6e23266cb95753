import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readState } from '../../ledger/lock/target-state.ts';
import { listDeployments, readOutcome } from '../../ledger/rollout/deployments.ts';
import { isHealthy } from './availability-probe.ts';
import { type LocalStage, mainPid, on, startStage, until, whyNoHostTests } from './local-stage.ts';
import { setUpByHand } from './set-up-by-hand.ts';

const why = await whyNoHostTests();
const stageName = 'test-mishaps';

/** The long window of the gate is proven where the main job is told; here it would only cost minutes. */
const withShortGate = (yaml: string): string => yaml.replace(/stableSeconds: \d+/, 'stableSeconds: 2');

/** What goes wrong around a deployment, on real hosts; each test starts where the one before it ended. */
describe.runIf(why === undefined)('mishaps on systemd hosts', () => {
  let stage: LocalStage;
  const host = (index: number) => {
    const found = stage.hosts[index];
    if (found === undefined) throw new Error(`no host ${index}`);
    return found;
  };
  const addressOf = (index: number): string => host(index).addresses[0] ?? '';
  const releaseOn = (index: number): Promise<string> => on(host(index), 'readlink', '/app/current');

  beforeAll(async () => {
    stage = await startStage(stageName, { change: withShortGate });
  });
  afterAll(async () => {
    await stage?.engine.stop();
  });

  it('a service set up by hand is as it was, unit byte for byte, after its first deployment has failed', async () => {
    await setUpByHand(host(0), stage.password());
    await until(() => isHealthy(addressOf(0)), 'the service set up by hand');
    const unit = await on(host(0), 'sha256sum', '/etc/systemd/system/payment.service');
    await stage.deploy('exits-at-start');

    const { outcome } = await stage.run({ hosts: [host(0).instanceId] });

    expect(outcome).toMatchObject({ status: 'RolledBack', hosts: [{ status: 'reverted', running: 'v0' }] });
    expect(await on(host(0), 'sha256sum', '/etc/systemd/system/payment.service')).toBe(unit);
    expect(await on(host(0), 'systemctl', 'is-enabled', 'payment')).toBe('enabled');
    expect(await on(host(0), 'systemctl', 'show', '--property=User', '--value', 'payment')).toBe('root');
    expect(await isHealthy(addressOf(0))).toBe(true);
  });

  it('the next good upload adopts it', async () => {
    const { outcome } = await stage.deploy('v1');

    expect(outcome.status).toBe('Succeeded');
    expect(await on(host(0), 'systemctl', 'show', '--property=User', '--value', 'payment')).toBe('roboshop');
  });

  it('a command that the agent runs twice switches the host once', async () => {
    const target = host(0).instanceId;
    stage.engine.faults.givenSend(
      { kind: 'run-twice' },
      (request) => request.instanceId === target && request.documentName.endsWith('-activate'),
    );
    const cursor = await on(host(0), 'date', '+%s');

    const { outcome } = await stage.deploy('v2');

    expect(outcome.status).toBe('Succeeded');
    expect(stage.engine.faults.pending()).toBe(0);
    await stage.engine.runCommand.idle();
    const starts = await on(
      host(0),
      'sh',
      '-c',
      `journalctl --unit=payment --since=@${cursor} --output=cat | grep -c '^Started payment'`,
    );
    expect(starts).toBe('1');
  });

  it('an activation that never arrives is sent again, and changes nothing when it starts after the end', async () => {
    const released = Promise.withResolvers<void>();
    const target = host(0).instanceId;
    stage.engine.faults.givenSend(
      { kind: 'start-after', released: released.promise },
      (request) => request.instanceId === target && request.documentName.endsWith('-activate'),
    );

    const { outcome } = await stage.deploy('v1');
    const pid = await mainPid(host(0));
    const release = await releaseOn(0);
    released.resolve();
    await stage.engine.runCommand.idle();

    expect(outcome.status).toBe('Succeeded');
    expect(release).toMatch(/^releases\/v\d+-/);
    expect(await mainPid(host(0))).toBe(pid);
    expect(await releaseOn(0)).toBe(release);
    expect(await isHealthy(addressOf(0))).toBe(true);
  });

  it('an upstream whose security group lets nothing in ends before anything is touched, and the rule is named', async () => {
    const { securityGroups } = stage.engine;
    const pids = await Promise.all([0, 1, 2].map((index) => mainPid(host(index))));
    await securityGroups.revokeIngress('cart');

    const { outcome } = await stage.deploy('v2');

    await securityGroups.authorizeIngress('cart');
    expect(outcome.status).toBe('FailedClean');
    expect(outcome.hosts[0]?.diagnosis).toMatchObject({
      cause: 'upstream-unreachable',
      meaning: expect.stringContaining(
        'its simulated security group sg-0000000000000b001 (cart) lets nothing in from sg-0000000000000a000 (payment) on TCP 8080',
      ),
      command:
        'aws ec2 authorize-security-group-ingress --group-id sg-0000000000000b001 --protocol tcp --port 8080 --source-group sg-0000000000000a000',
    });
    expect(await Promise.all([0, 1, 2].map((index) => mainPid(host(index))))).toEqual(pids);
  });

  it('and once the rule is there the same goes through', async () => {
    expect((await stage.run({})).outcome.status).toBe('Succeeded');
  });

  it('an engine killed in the middle of a wave leaves no lock and no host half switched when it starts again', async () => {
    await stage.engine.stop();
    const first = host(0).instanceId;
    const script = new URL('engine-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, stageName, 'new-requirement', first], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout)) {
      if (line === 'activating') break;
    }
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;

    stage = await startStage(stageName, { fresh: false, change: withShortGate });
    const { ports, executions } = stage.engine;
    const id = (await listDeployments(ports)).at(-1) ?? '';
    await until(async () => (await readOutcome(ports, id)) !== undefined, 'the end of the repair');
    await until(async () => (await readState(ports)).lock === null, 'a free lock');

    expect((await executions.list()).filter((execution) => execution.status === 'ABORTED')).toHaveLength(1);
    expect((await readOutcome(ports, id))?.status).toBe('RolledBack');
    for (const index of [0, 1, 2]) {
      expect(await releaseOn(index)).toMatch(/^releases\/v\d+-/);
      expect(await isHealthy(addressOf(index))).toBe(true);
    }
    expect((await stage.run({ release: 'v2' })).outcome.status).toBe('Succeeded');
  });
});
