import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stableRelease } from '../../../core/model/target-state.ts';
import { readConvergence } from '../../../ledger/converge/convergence.ts';
import { keys } from '../../../ledger/keys.ts';
import { readState } from '../../../ledger/lock/target-state.ts';
import type { HostMachine } from '../../../local/hosts/host-machine.ts';
import { limitMemory } from '../../hosts/limit-memory.ts';
import { type AvailabilityProbe, isHealthy, probeAvailability } from '../availability-probe.ts';
import { on, until } from '../local-stage.ts';
import { otherGoodRelease, type PreparedStage } from '../prepared-stage.ts';
import { leftDirty, notStaged, reverted } from './expectations.ts';
import type { Fault } from './fault.ts';

/** The zip of a release as it was before a fault replaced it. */
let kept: { readonly path: string; readonly bytes: Uint8Array } | undefined;

let cutAt = 0;
let probe: AvailabilityProbe | undefined;

/** Faults of the hosts: they count against the failure budget, and say what to do on that host. */
export const hostFaults: readonly Fault[] = [
  {
    name: 'port-taken',
    injected: 'another program listens on 8080 as soon as the old release lets go of it, and stays',
    isSimulated: false,
    deploy: { kind: 'good-release' },
    inject: async ({ first }) => {
      await on(first, 'systemd-run', '--unit=squatter', 'python3', '-c', squatter);
    },
    mend: async (rig) => {
      await on(rig.first, 'systemctl', 'stop', 'squatter');
      await repair(rig);
    },
    expected: leftDirty({
      cause: 'port-in-use',
      meaning: /^port 8080 is taken by python3 \(pid \d+, root\), so payment could not listen$/,
      remedy: /^stop that process on the host \(systemctl status \d+ names its unit\), then rerun the deployment$/,
    }),
  },
  {
    name: 'disk-full',
    injected: 'a file system of 20 MB lies over /app',
    isSimulated: false,
    deploy: { kind: 'good-release' },
    inject: async ({ first }) => void (await on(first, 'mount', '-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', '/app')),
    mend: async ({ first }) => void (await on(first, 'umount', '/app')),
    expected: notStaged({
      cause: 'disk-full',
      meaning: /^\/app has \d+ bytes free, the release may need \d+ \(\d+ MB free\)$/,
      remedy: /^free some space on the host \(df -h \/app\)/,
    }),
  },
  {
    name: 'out-of-memory',
    injected: 'the build takes 700 MB in each worker on a host that has 400 MB',
    isSimulated: false,
    deploy: { kind: 'upload', variant: 'eats-memory', to: 'all' },
    inject: ({ first }) => limitMemory(first.cgroup, 400 << 20),
    mend: ({ first }) => limitMemory(first.cgroup, undefined),
    expected: reverted({
      cause: 'out-of-memory',
      meaning: /^the kernel killed payment for memory/,
      remedy: /^give the host more memory, or start fewer workers/,
    }),
  },
  {
    name: 'corrupt-zip',
    injected: 'the zip in the ledger is no longer the one that was released',
    isSimulated: false,
    deploy: { kind: 'good-release' },
    inject: async (rig) => {
      const release = await otherGoodRelease(rig);
      const path = join(rig.stage.directory, 'ledger', keys.zip('payment', Number(release.slice(1))));
      const bytes = await readFile(path);
      kept = { path, bytes };
      await writeFile(path, Buffer.concat([bytes.subarray(0, -1), Buffer.from('!')]));
      // Where the host has the release already, nothing is downloaded.
      await on(rig.first, 'sh', '-c', `rm -rf /app/releases/${release}-* /var/lib/rollgate/payment/downloads`);
    },
    mend: async () => {
      if (kept !== undefined) await writeFile(kept.path, kept.bytes);
    },
    expected: notStaged({
      cause: 'artifact-corrupt',
      meaning: /^what this host downloaded is not what was released: /,
      remedy: /^rerun the deployment; if it happens again, someone changed the state bucket/,
    }),
  },
  {
    name: 'power-off',
    injected: 'the host is switched off in the middle of activate, while the old service is down',
    isSimulated: false,
    deploy: { kind: 'upload', variant: 'v2', version: '2.3', to: 'all' },
    inject: ({ hosts }) => {
      const others = hosts.slice(1).map((host) => [host.name, host.addresses[0] ?? ''] as const);
      probe = probeAvailability(Object.fromEntries(others));
    },
    meanwhile: async ({ stage, first }) => {
      const isActivating = async (): Promise<boolean> =>
        stage.engine.runCommand
          .commands()
          .some(
            ({ instanceId, documentName, status }) =>
              instanceId === first.instanceId && documentName.endsWith('-activate') && status === 'InProgress',
          );
      await until(isActivating, 'the activation to run on the host');
      // It has let go of the old release, and has not yet started the new one.
      await until(async () => !(await isHealthy(first.addresses[0] ?? '')), 'the old service to stop', 30);
      await first.powerOff('cut');
      cutAt = Date.now();
    },
    also: async ({ stage }, { deploymentId, endedAt }) => {
      const rounds = (await probe?.stop()) ?? [];
      const silent = rounds.filter((round) => round.silent.length > 0);
      const seconds = (endedAt - cutAt) / 1000;
      const activation = stage.engine.runCommand
        .commands()
        .find(
          ({ documentName, parameters }) =>
            documentName.endsWith('-activate') && parameters['deploymentId']?.[0] === deploymentId,
        );
      // A host that is off is given up at a heartbeat: nobody waits until SSM gives its command up.
      const patience = activation?.executionSeconds ?? 0;
      return [
        ...(seconds < patience ? [] : [`it ended ${seconds} s after the host went away; SSM waits ${patience} s`]),
        ...(rounds.length > 50 ? [] : [`the other hosts were asked only ${rounds.length} times`]),
        ...silent.map(({ at, silent: names }) => `${names} did not serve at ${new Date(at).toISOString()}`),
      ];
    },
    mend: async (rig) => {
      await rig.first.powerOn();
      await until(() => runsStableAgain(rig), 'the stable release on the host that came back');
    },
    expected: leftDirty({
      cause: 'host-lost',
      meaning: /^the host went away during the deployment: its instance is stopped$/,
      remedy: /^see whether it was stopped, terminated or rebooted/,
    }),
  },
  {
    name: 'clock-behind',
    injected: 'every program of the host sees a clock that is 20 min behind (libfaketime)',
    isSimulated: true,
    deploy: { kind: 'good-release' },
    inject: ({ first }) => skewClock(first, '-20m'),
    mend: ({ first }) => mendClock(first),
    expected: notStaged({
      cause: 'clock-skew',
      meaning: /the host's clock is off: .*(Signature expired|RequestTimeTooSkewed)/,
      remedy: /^start its time service/,
    }),
  },
  {
    name: 'clock-ahead',
    injected: 'every program of the host sees a clock that is 20 min ahead (libfaketime)',
    isSimulated: true,
    deploy: { kind: 'good-release' },
    inject: ({ first }) => skewClock(first, '+20m'),
    mend: ({ first }) => mendClock(first),
    expected: notStaged({
      cause: 'clock-skew',
      meaning: /^the clock of this host is at least 1(19\d|20\d) s ahead: /,
      remedy: /^start its time service/,
    }),
  },
];

/** Takes the port in the moment in which it is free, and never lets go. */
const squatter = `
import socket, time
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
while True:
    try:
        taken.bind(("0.0.0.0", 8080))
        break
    except OSError:
        time.sleep(0.002)
taken.listen(5)
time.sleep(3600)
`;

const preload = '/etc/ld.so.preload';

/** Programs that start from now on see another time; the kernel's own clock is this machine's and stays. */
async function skewClock(host: HostMachine, offset: string): Promise<void> {
  const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
  const install = 'apt-get update && apt-get install --yes --no-install-recommends libfaketime';
  await on(host, 'sh', '-c', `test -e ${library} || { ${install}; } >/dev/null`);
  await host.writeFile('/etc/faketimerc', `${offset}\n`, 0o644);
  await host.writeFile(preload, `${library}\n`, 0o644);
}

async function mendClock(host: HostMachine): Promise<void> {
  await on(host, 'rm', '--force', preload, '/etc/faketimerc');
}

/** What the record says to type: the stable release to that host. */
async function repair({ stage, first }: PreparedStage): Promise<void> {
  const stable = stableRelease(await readState(stage.engine.ports));
  const { outcome } = await stage.run({ release: `v${stable?.release}`, hosts: [first.instanceId] });
  if (outcome.status !== 'Succeeded') throw new Error(`the repair ended ${outcome.status}: ${outcome.reason.text}`);
}

/** Nobody types anything: a host that comes back is converged. */
async function runsStableAgain({ stage, first }: PreparedStage): Promise<boolean> {
  const { ports } = stage.engine;
  const stable = stableRelease(await readState(ports));
  const { waiting, underWay, seen } = await readConvergence(ports);
  const last = seen[first.instanceId];
  const isQuiet = underWay === null && Object.keys(waiting).length === 0;
  return isQuiet && last?.isRight === true && last.running === stable?.releaseId;
}
