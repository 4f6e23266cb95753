import { logTo } from '../../functions/runtime/log.ts';
import { createWorld, type World } from '../../test/fakes/world.ts';
import { functionGigabytes, invocationSeconds, platformLogBytes, prices } from './prices.ts';

/** What AWS bills for some work. */
export interface Usage {
  readonly transitions: number;
  readonly invocations: number;
  readonly s3Writes: number;
  readonly s3Reads: number;
  readonly s3Events: number;
  readonly logBytes: number;
  readonly decryptions: number;
}

/** What one deployment did; `hosts` of them. */
export interface Counted {
  readonly hosts: number;
  readonly rollout: Usage;
  readonly rollback: Usage;
  readonly failed: Usage;
  /** Objects that the handlers read from the ledger during the rollout. */
  readonly ledgerReads: number;
}

/** S3 requests of each port call on AWS, see clients/aws/: how many of the dear kind, and of the cheap. */
const requestsOf: Readonly<Record<string, readonly [writes: number, reads: number]>> = {
  'ledger.read': [0, 1],
  'ledger.create': [1, 0],
  'ledger.replace': [1, 0],
  'ledger.put': [1, 0],
  'ledger.remove': [0, 0],
  'ledger.list': [1, 0],
  'artifacts.versions': [1, 0],
  'artifacts.read': [0, 1],
  'artifacts.copyToLedger': [1, 1],
  'artifacts.readCopy': [0, 1],
};

/** Port calls after which S3 sends an event of the state bucket. */
const eventful = ['ledger.create', 'ledger.replace', 'ledger.put', 'ledger.remove', 'artifacts.copyToLedger'];

/** A host that installs a release reads its manifest, its zip and the resolved packages; each step reads the secret. */
const readsOfInstall = 3;

/** Deploys a release, the next one, goes back, and then deploys one that does not start, on so many hosts. */
export async function countDeployments(hosts: number): Promise<Counted> {
  // The world names hosts by hexadecimal digits: there are no more than these.
  const names = 'abcdef0123456789'.slice(0, hosts);
  const world = await createWorld({ hosts: names });
  try {
    const meter = createMeter(world);
    await world.givenStable(1);
    const before = readsOf(world);
    const rollout = await meter.of(() => upload(world, 2));
    const ledgerReads = readsOf(world) - before;
    const rollback = await meter.of(() => world.deploy({ rollback: true }));
    const failed = await meter.of(() => upload(world, 3, 'exits-at-start'));
    return { hosts, rollout, rollback, failed, ledgerReads };
  } finally {
    await world.close();
  }
}

function readsOf(world: World): number {
  return world.calls().filter((call) => call === 'ledger.read').length;
}

/** One look of the sweep at a stage where nothing happens. */
export async function countSweep(): Promise<Usage> {
  const world = await createWorld({ hosts: 'abc' });
  try {
    await world.givenStable(1);
    return await createMeter(world).of(() => world.sweep());
  } finally {
    await world.close();
  }
}

async function upload(world: World, number: number, behaviour?: 'exits-at-start'): Promise<void> {
  const before = (await world.all()).length;
  await world.upload(number, behaviour);
  await world.until(async () => (await world.all()).length > before, 'the upload has started an execution');
  await world.rest();
}

function createMeter(world: World): { of(work: () => Promise<unknown>): Promise<Usage> } {
  let transitions = 0;
  let invocations = 0;
  let logBytes = 0;
  world.onTransition(({ transition, visit, number }) => {
    // A retry counts as well; an execution counts its start, and so does each child of the distributed Stage.
    if (transition === 'entered' || transition === 'retried') transitions += 1;
    if (transition === 'entered' && (number === 0 || visit.state === 'InstallRelease')) transitions += 1;
  });
  logTo((line) => {
    logBytes += line.length;
    if ((JSON.parse(line) as { at?: string }).at === 'in') invocations += 1;
  });
  return {
    async of(work) {
      const before = { transitions, invocations, logBytes, calls: world.calls().length, sent: world.sent().length };
      await work();
      const calls = world.calls().slice(before.calls);
      const sent = world.sent().slice(before.sent);
      const sum = (index: 0 | 1): number => calls.reduce((total, call) => total + (requestsOf[call]?.[index] ?? 0), 0);
      const installs = sent.filter((command) => command.startsWith('install')).length;
      const called = invocations - before.invocations;
      return {
        transitions: transitions - before.transitions,
        invocations: called,
        s3Writes: sum(0),
        s3Reads: sum(1) + readsOfInstall * installs,
        s3Events: calls.filter((call) => eventful.includes(call)).length,
        logBytes: logBytes - before.logBytes + called * platformLogBytes,
        decryptions: sent.length,
      };
    },
  };
}

/** US dollars. */
export function costOf(usage: Usage): number {
  return (
    usage.transitions * prices.transition +
    usage.invocations * (prices.invocation + invocationSeconds * functionGigabytes * prices.gigabyteSecond) +
    usage.s3Writes * prices.s3Write +
    usage.s3Reads * prices.s3Read +
    usage.s3Events * prices.s3Event +
    (usage.logBytes / 1e9) * prices.logGigabyte +
    usage.decryptions * prices.decryption
  );
}
