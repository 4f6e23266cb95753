import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { HostCommand } from '../../../core/model/host-commands.ts';
import { parseHostInspection } from '../../../core/model/host-inspection.ts';
import type { DocumentKind, HostDocument } from '../../../core/model/statuses.ts';
import { createLocalCommands } from '../../../local/run-command/local-commands.ts';
import { createSimulatedFleet, type SimulatedFleet } from '../../../local/simulated-hosts/simulated-fleet.ts';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock.ts';
import { sampleRelease } from './sample-artifact.ts';

const names = ['service', 'deploymentId', 'key', 'fence', 'notAfter', 'releaseId', 'region', 'stateBucket'];
const more = ['manifestKey', 'manifestSha256', 'packagesKey', 'packagesSha256', 'keep'];

/** A document as far as a simulated host is concerned: its name and its parameters. */
function document(kind: HostDocument): string {
  const known =
    kind === 'inspect'
      ? ['service', 'region']
      : kind === 'settle'
        ? names.slice(0, 5)
        : kind === 'install'
          ? [...names, ...more]
          : names.slice(0, 6);
  return JSON.stringify({
    schemaVersion: '2.2',
    parameters: Object.fromEntries(known.map((name) => [name, { type: 'String' }])),
    mainSteps: [{ action: 'aws:runShellScript', name: kind, inputs: { runCommand: ['exit 1'], timeoutSeconds: '60' } }],
  });
}

const documents = {
  install: document('install'),
  activate: document('activate'),
  verify: document('verify'),
  settle: document('settle'),
  inspect: document('inspect'),
};

let stateDir: string;
let time: ManualClock;
let release: Awaited<ReturnType<typeof sampleRelease>>;
let fleet: SimulatedFleet;
let local: ReturnType<typeof createLocalCommands>;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'rollgate-simulated-'));
  time = createManualClock();
  release = await sampleRelease(1);
  fleet = createFleet();
  local = createLocalCommands({
    service: 'payment',
    stage: 'local',
    documents,
    agentOf: (instanceId) => fleet.agentOf(instanceId),
    clock: time,
    timers: time,
    region: 'eu-west-1',
  });
});

function createFleet(): SimulatedFleet {
  const zones = ['a', 'b', 'c'];
  return createSimulatedFleet({
    hosts: zones.map((zone, index) => ({
      instanceId: `i-0${zone}1`,
      name: `payment-${zone}`,
      zone: `eu-west-1${zone}`,
      tags: { Service: 'payment' },
      addresses: [`10.213.77.1${index + 1}`],
    })),
    clock: time,
    readObject: async (key) => release.objects.get(key),
    stateDir,
    onPower: (instanceId) => local.runCommand.hostChanged(instanceId),
  });
}

async function send(kind: DocumentKind, parameters: Readonly<Record<string, string>>) {
  const described = (await local.commands.documents())[kind];
  const command: HostCommand = {
    instanceId: 'i-0a1',
    document: kind,
    documentVersion: described.version,
    documentHash: described.hash,
    comment: `rollgate ${kind}`,
    parameters: {
      service: 'payment',
      deploymentId: 'd-1',
      key: kind.padEnd(32, '0'),
      fence: '7',
      notAfter: String(time.now() / 1_000 + 60),
      ...parameters,
    },
    deliverySeconds: 30,
  };
  const sent = await local.commands.send(command);
  await local.runCommand.idle();
  if (sent.kind !== 'sent') return sent.reason;
  const invocation = await local.commands.invocation(sent.commandId, 'i-0a1');
  const outcome = invocation?.stdout ? JSON.parse(invocation.stdout).outcome : 'no report';
  return `${invocation?.status} ${invocation?.statusDetails} ${invocation?.responseCode} ${outcome}`;
}

test('commands through Run Command end as on a real host', async () => {
  const results = [
    await send('install', release.parameters),
    await send('activate', { releaseId: release.releaseId }),
    await send('verify', { releaseId: release.releaseId }),
    await send('activate', { releaseId: 'v9-aaaaaaaaaaaa', key: '9'.repeat(32) }),
    await send('settle', { fence: '6' }),
  ];

  expect(results).toEqual([
    'Success Success 0 done',
    'Success Success 0 done',
    'Success Success 0 done',
    'Failed Failed 10 failed',
    'Failed Failed 20 refused',
  ]);
});

async function inspect(): Promise<unknown> {
  const { version, hash } = await local.commands.document('inspect');
  const sent = await local.commands.send({
    instanceId: 'i-0a1',
    document: 'inspect',
    documentVersion: version,
    documentHash: hash,
    comment: 'rollgate inspect 1',
    parameters: { service: 'payment', region: 'eu-west-1' },
    deliverySeconds: 30,
  });
  await local.runCommand.idle();
  const commandId = sent.kind === 'sent' ? sent.commandId : '';
  return parseHostInspection((await local.commands.invocation(commandId, 'i-0a1'))?.stdout ?? '');
}

test('an inspection says what a simulated host runs, that it is simulated, and changes nothing', async () => {
  const report = { schema: 1, script: 'inspect', service: 'payment', more: {}, isSimulated: true };
  await send('install', release.parameters);
  await send('activate', { releaseId: release.releaseId });
  const before = fleet.host('i-0a1').state();

  expect(await inspect()).toMatchObject({ ...report, running: release.releaseId, isActive: true, findings: [] });
  expect(fleet.host('i-0a1').state()).toEqual(before);

  fleet.host('i-0a1').given({ isActive: false });
  expect(await inspect()).toMatchObject({
    ...report,
    isActive: false,
    findings: [{ kind: 'not-active', what: 'inactive (dead)' }],
  });
});

test('faults of the agent end as on a real host', async () => {
  await send('install', release.parameters);
  fleet.givenFault('i-0a1', 'activate', 'timed-out');
  fleet.givenFault('i-0a1', 'activate', 'no-report');
  fleet.givenFault('i-0a1', 'verify', 'offline');

  expect(await send('activate', { releaseId: release.releaseId })).toBe('TimedOut ExecutionTimedOut 137 no report');
  expect(await send('activate', { releaseId: release.releaseId })).toBe('Failed Failed 70 no report');
  expect(await send('verify', { releaseId: release.releaseId })).toBe('InProgress InProgress -1 no report');
  expect(await send('verify', { releaseId: release.releaseId })).toContain('not in a valid state');
  expect(local.runCommand.ping('i-0a1')).toBe('ConnectionLost');
});

test('hosts are as they were when the next engine finds them', async () => {
  await send('install', release.parameters);
  await send('activate', { releaseId: release.releaseId });
  const before = fleet.host('i-0a1').state();

  fleet = createFleet();

  expect(fleet.host('i-0a1').state()).toEqual(before);
  expect(await send('activate', { releaseId: release.releaseId })).toBe('Success Success 0 done');
  expect(fleet.host('i-0b1').state().running).toBe('none');
});

test('machines say that they are simulated, and have no shell', async () => {
  const [machine] = fleet.machines;

  expect([machine?.name, machine?.isSimulated, machine?.isRunning()]).toEqual(['payment-a', true, true]);
  await expect(machine?.exec(['true'])).rejects.toThrow('i-0a1 is simulated: it has no shell and no files');
});
