import { createWorld, type World } from '../../fakes/world.ts';
import type { WorldPast } from '../../fakes/world-past.ts';
import { type ChronicleWriter, keepChronicle } from './chronicle.ts';
import { describeAct } from './describe-act.ts';
import type { History, Setting } from './history.ts';
import { performAct } from './perform-act.ts';
import { brokenPromises } from './promises/broken-promises.ts';

export interface HistoryResult {
  readonly seed: number;
  /** Empty where every promise was kept. */
  readonly broken: readonly string[];
  /** What happened, for a person. */
  readonly lines: readonly string[];
}

/** As the stack schedules it. */
const sweepSeconds = 300;
/** What is left when nobody disturbs any more is put right within so many sweeps. */
const maxSweeps = 30;

/** Plays a history to its end, and judges it. */
export async function runHistory(history: History): Promise<HistoryResult> {
  const { seed, setting, acts } = history;
  const { hosts, rollout } = setting;
  const world = await createWorld({ hosts, rollout, past: await pastWith(hosts) });
  world.target.givenOfflineUncounted();
  const chronicle = keepChronicle(world, hosts);
  sweepEveryFiveMinutes(world);
  const broken: string[] = [];
  try {
    for (const [index, act] of acts.entries()) {
      await world.pass(act.afterSeconds);
      chronicle.note(`${index + 1}. ${describeAct(act)}`);
      await performAct(world, chronicle, act);
    }
    await comeToRest(world, chronicle);
  } catch (error) {
    broken.push(`the history does not come to its end: ${error instanceof Error ? error.message : String(error)}`);
  }
  broken.push(...(await brokenPromises(world, setting, chronicle)));
  await world.close();
  return { seed, broken, lines: [headOf(setting), ...chronicle.lines, lastLineOf(world)] };
}

/** By the hosts: v2 is stable on all of them, and v1 was before. Made once, for it takes longer than most histories. */
const pasts = new Map<string, Promise<WorldPast>>();

function pastWith(hosts: string): Promise<WorldPast> {
  const past = pasts.get(hosts) ?? makePast(hosts);
  pasts.set(hosts, past);
  return past;
}

async function makePast(hosts: string): Promise<WorldPast> {
  const world = await createWorld({ hosts });
  await world.givenStable(1, 2);
  const past = world.past();
  await world.close();
  return past;
}

function sweepEveryFiveMinutes(world: World): void {
  world.time.schedule(sweepSeconds * 1000, () => {
    world.startSweep();
    sweepEveryFiveMinutes(world);
  });
}

/**
 * From here on nothing new goes wrong: events come again, faults that have not struck are gone, the freeze is lifted, and
 * whoever waits for a person is halted. What is under way, and what comes late, still happens.
 */
async function comeToRest(world: World, chronicle: ChronicleWriter): Promise<void> {
  for (const name of ['OnCommandStatus', 'OnExecutionStatus', 'OnControlWritten', 'OnInstanceRunning'] as const) {
    world.givenEventsLost(name, false);
  }
  world.clearFaults();
  await world.say('unfreeze', 'target');
  chronicle.note('nothing new goes wrong from here on');
  for (let sweeps = 0; sweeps < maxSweeps; sweeps += 1) {
    await world.pass(sweepSeconds);
    const { lock, queue } = await world.state();
    const isBusy = lock !== null || queue.length > 0 || (await world.all()).some(({ status }) => status === 'RUNNING');
    if (!isBusy && sweeps >= minSweeps) return;
    if (lock !== null && world.isParked('AwaitOperator')) {
      chronicle.note(`a person says halt to ${lock.deploymentId}, which waits`);
      await world.say('halt', lock.deploymentId);
    }
  }
}

/** So long that every late command and event has come. */
const minSweeps = 6;

function headOf({ hosts, rollout }: Setting): string {
  const { maxUnavailable, maxFailedHosts, bakeSeconds, offlineHosts } = rollout;
  return (
    `v2 is stable, after v1, on ${[...hosts].join(', ')}; maxUnavailable ${maxUnavailable}, maxFailedHosts ${maxFailedHosts}, ` +
    `bakeSeconds ${bakeSeconds}, offlineHosts ${offlineHosts}`
  );
}

function lastLineOf(world: World): string {
  return `at the end: ${world.target.running().join(', ')}`;
}
