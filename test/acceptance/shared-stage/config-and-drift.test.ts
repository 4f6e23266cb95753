import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriftView } from '../../../core/drift/drift-view.ts';
import { readState } from '../../../ledger/lock/target-state.ts';
import { readRelease } from '../../../ledger/release/releases.ts';
import type { HostMachine } from '../../../local/hosts/host-machine.ts';
import { filesBelow } from '../files-below.ts';
import { type LocalStage, mainPid, on, whyNoHostTests } from '../local-stage.ts';
import { pay } from '../pay.ts';
import { shortGate } from '../prepared-stage.ts';
import { type Typed, typeCommand } from '../type-command.ts';
import { useSharedStage } from './shared-stage.ts';

const why = await whyNoHostTests();
const unitPath = '/etc/systemd/system/payment.service';

/** What a release is on a host, byte for byte. */
interface OnHost {
  readonly unit: string;
  readonly environment: string;
  /** Path and SHA-256 of every file of the code, bytecode left out. */
  readonly code: string;
  readonly virtualenv: string;
  readonly packages: string;
}

/**
 * Configuration, secrets and drift on real hosts, told in order: each test starts where the one before it ended, and
 * every step is typed.
 */
describe.runIf(why === undefined)('configuration and drift on three systemd hosts', () => {
  const shared = useSharedStage();
  const stage = (): LocalStage => shared.get().stage;
  let folder: string;
  /** The configuration that `v1` and `v2` have. */
  let plainFile: string;
  let first: readonly OnHost[];
  /** The number of the release that logs more than `v1`. */
  let debug: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollgate-config-'));
    plainFile = await configFile('plain.yml');
    await stage().usePassword('the first password');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const type = (...argv: readonly string[]): Promise<Typed> => typeCommand(stage(), ...argv);
  const each = <T>(ask: (host: HostMachine) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(stage().hosts.map(ask));
  const pids = (): Promise<readonly string[]> => each(mainPid);
  const payments = async (): Promise<readonly number[]> => each(async (host) => (await pay(host)).status);
  const stableNumber = async (): Promise<number | undefined> =>
    (await readState(stage().engine.ports)).stableHistory.at(-1)?.release;

  /** Of the running process: that is what the service sees. */
  async function variable(name: string): Promise<readonly (string | undefined)[]> {
    return each(async (host) => {
      const environment = (await host.exec(['cat', `/proc/${await mainPid(host)}/environ`])).stdout.split('\0');
      return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
    });
  }

  async function configFile(name: string, change: (yaml: string) => string = (yaml) => yaml): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, change(shortGate(await readFile('services/payment.yml', 'utf8'))));
    return path;
  }

  async function drift(...argv: readonly string[]): Promise<{ readonly view: DriftView; readonly exitCode: number }> {
    const { stdout, stderr, exitCode } = await type('drift', '--json', ...argv);
    expect(stderr).toBe('');
    return { view: JSON.parse(stdout) as DriftView, exitCode };
  }

  async function onHost(host: HostMachine): Promise<OnHost> {
    const unit = (await host.exec(['cat', unitPath])).stdout;
    const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
    const virtualenv = setting('ExecStart').replace(/\/bin\/.*/, '');
    const files = 'find . -type f ! -path "*/__pycache__/*" ! -path "./.rollgate/*" -exec sha256sum {} + | sort';
    return {
      unit,
      environment: (await host.exec(['cat', setting('EnvironmentFile')])).stdout,
      code: await on(host, 'sh', '-c', `cd ${setting('WorkingDirectory')} && ${files}`),
      virtualenv,
      packages: await on(host, `${virtualenv}/bin/python`, '-m', 'pip', 'list', '--format=freeze'),
    };
  }

  it('a changed value reaches the process of every host, with the artifact that runs, through the gate', async () => {
    expect((await stage().run({ release: 'v1' })).outcome.status).toBe('Succeeded');
    first = await each(onHost);
    const before = await pids();
    const file = await configFile('debug.yml', (yaml) =>
      yaml.replace('  AMQP_USER: roboshop\n', '  AMQP_USER: roboshop\n  LOG_LEVEL: debug\n'),
    );

    const { exitCode, stdout } = await type('deploy', '--config-only', '--config', file, '--reason', 'more to read');

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/environment\.LOG_LEVEL +– +→ +debug\n/);
    debug = (await stableNumber()) ?? 0;
    expect(stdout).toContain(`v${debug} runs on 3 hosts and every one passed its gate`);
    expect(await variable('LOG_LEVEL')).toEqual(Array(3).fill('debug'));
    const [one, made] = await Promise.all([1, debug].map((number) => readRelease(stage().engine.ports, number)));
    expect(made?.manifest.artifact).toEqual(one?.manifest.artifact);
    expect((await each(onHost)).map(({ code }) => code)).toEqual(first.map(({ code }) => code));
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([]);
    expect((await drift()).exitCode).toBe(0);
  });

  it('a rollback restores code, unit, environment and virtualenv of that release, byte for byte', async () => {
    expect((await stage().deploy('new-requirement')).outcome.status).toBe('Succeeded');
    for (const host of await each(onHost)) {
      expect(first.map(({ virtualenv }) => virtualenv)).not.toContain(host.virtualenv);
      expect(first.map(({ code }) => code)).not.toContain(host.code);
    }

    const { exitCode } = await type('rollback', '--to', 'v1');

    expect(exitCode).toBe(0);
    expect(await each(onHost)).toEqual(first);
    expect(await variable('LOG_LEVEL')).toEqual(Array(3).fill(undefined));
    expect((await drift()).exitCode).toBe(0);
  });

  it('a rotated password is found by drift, and rolled out by the configuration alone', async () => {
    const before = await pids();
    await stage().usePassword('rotated: p@ss/w ö+rd&7');

    const found = await drift();
    const { exitCode, stdout } = await type('deploy', '--config-only', '--config', plainFile);

    expect(found.exitCode).toBe(1);
    expect(found.view.hosts.flatMap((host) => host.drift.map(({ kind, next }) => [kind, next]))).toEqual(
      Array(3).fill(['secret-rotated', 'rollgate deploy --config-only']),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('makes       no new release: artifact and configuration are those of v1\n');
    expect(await stableNumber()).toBe(1);
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([]);
    expect(await variable('AMQP_PASS')).toEqual(Array(3).fill('rotated: p@ss/w ö+rd&7'));
    expect(await payments()).toEqual([200, 200, 200]);
    expect((await drift()).exitCode).toBe(0);
  });

  it('again, with nothing rotated since, restarts no host', async () => {
    const before = await pids();

    expect((await type('deploy', '--config-only', '--config', plainFile)).exitCode).toBe(0);

    expect(await pids()).toEqual(before);
  });

  it('a rollback after the rotation starts the earlier release with the password of today', async () => {
    const { exitCode } = await type('rollback', '--to', `v${debug}`);

    expect(exitCode).toBe(0);
    expect(await variable('LOG_LEVEL')).toEqual(Array(3).fill('debug'));
    expect(await variable('AMQP_PASS')).toEqual(Array(3).fill('rotated: p@ss/w ö+rd&7'));
    expect(await payments()).toEqual([200, 200, 200]);
  });

  it('a pinned version stays, whatever the parameter holds since', async () => {
    const { engine } = stage();
    const { version } = engine.parameters.get('/payment/local/AMQP_PASS') ?? { version: 0 };
    const file = await configFile('pinned.yml', (yaml) =>
      yaml.replace('    parameter: "/payment/{stage}/AMQP_PASS"', `$&\n    version: ${version}`),
    );
    await stage().withPassword('not at RabbitMQ yet', async () => {
      expect((await type('deploy', '--config-only', '--config', file)).exitCode).toBe(0);

      expect(await variable('AMQP_PASS')).toEqual(Array(3).fill('rotated: p@ss/w ö+rd&7'));
      expect((await drift()).exitCode).toBe(0);
    });
    expect(await payments()).toEqual([200, 200, 200]);
  });

  it('what was changed by hand is named on each host, and the command that drift names puts it right', async () => {
    const [one, two, three] = stage().hosts;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three hosts');
    await on(one, 'sh', '-c', `sed -i 's/^RestartSec=.*/RestartSec=7/' ${unitPath} && systemctl daemon-reload`);
    await on(one, 'sh', '-c', 'echo "# a hotfix" >>/app/current/version.py');
    await on(two, 'systemctl', 'disable', '--now', 'payment');

    const found = await drift();

    expect(found.exitCode).toBe(1);
    expect(found.view.hosts.map((host) => [host.name, host.verdict, host.drift.map(({ kind }) => kind)])).toEqual([
      [one.name, 'drifted', ['unit-changed', 'process-replaced', 'code-changed']],
      [two.name, 'drifted', ['unit-disabled', 'not-active']],
      [three.name, 'as-recorded', []],
    ]);
    const untouched = await mainPid(three);
    for (const next of new Set(found.view.hosts.flatMap((host) => host.drift.map((drifted) => drifted.next)))) {
      const repaired = await type(...next.split(' ').slice(1));
      expect({ next, exitCode: repaired.exitCode, stderr: repaired.stderr }).toEqual({ next, exitCode: 0, stderr: '' });
    }
    const after = await drift();
    expect(after.view.hosts.map(({ verdict }) => verdict)).toEqual(Array(3).fill('as-recorded'));
    expect(after.exitCode).toBe(0);
    expect(await mainPid(three)).toBe(untouched);
    expect(await payments()).toEqual([200, 200, 200]);
  });

  it('drift works while a deployment runs, holds nothing up, and says which it is; a host that is off is named', async () => {
    const { executionArn } = await stage().upload('v2');
    const seen: DriftView[] = [];
    let isOver = false;
    const deployed = stage()
      .ended(executionArn)
      .finally(() => {
        isOver = true;
      });
    while (!isOver) seen.push((await drift()).view);
    const { deploymentId, outcome } = await deployed;

    expect(outcome.status).toBe('Succeeded');
    const during = seen.filter((view) => view.running !== null);
    expect(during.length).toBeGreaterThan(1);
    expect(new Set(during.map((view) => view.running?.deploymentId))).toEqual(new Set([deploymentId]));
    expect(seen.flatMap((view) => view.hosts.flatMap((host) => host.drift))).toEqual([]);

    const [one] = stage().hosts;
    await one?.powerOff('cut');
    const { view, exitCode } = await drift();
    await one?.powerOn();
    expect(exitCode).toBe(2);
    expect(view.hosts.map(({ verdict }) => verdict)).toEqual(['silent', 'as-recorded', 'as-recorded']);
  });

  it('the event of an inspection is no step of a deployment, and dies in no queue', async () => {
    const buried: string[] = [];
    for await (const { path, text } of filesBelow(stage().directory, ['hosts', 'roots', 'ledger'])) {
      if (path.includes('dead-letters') && text.includes('payment-local-inspect')) buried.push(path);
    }
    expect(buried).toEqual([]);
  });

  it('no password is in what drift printed, sent or left in the ledger', async () => {
    const { stdout } = await type('drift');

    expect(stdout).not.toContain('rotated: p@ss');
    const keys = await stage().engine.ports.ledger.list('rollgate/payment/');
    for (const key of keys.filter((each) => each.endsWith('.json'))) {
      expect((await stage().engine.ports.ledger.read(key))?.body).not.toContain('rotated: p@ss');
    }
  });
});
