import { afterAll, beforeAll, expect } from 'vitest';
import type { DriftView } from '../../../core/drift/drift-view.ts';
import { readConvergence } from '../../../ledger/converge/convergence.ts';
import { readState } from '../../../ledger/lock/target-state.ts';
import { mustRun } from '../../../local/hosts/run-program.ts';
import { on } from '../local-stage.ts';
import { pay } from '../pay.ts';
import { look, type PreparedStage, shortGate, startPreparedStage, untilWell } from '../prepared-stage.ts';
import { typeCommand } from '../type-command.ts';
import { sharedStagePrefix } from './stage-names.ts';

/** The stage that the files of this worker hand on; undefined before the first file, and after one that spoilt it. */
let kept: PreparedStage | undefined;

export interface SharedStage {
  /** Only from `beforeAll` on. */
  get(): PreparedStage;
  /** Stops the stage, which something has spoilt, and boots a new one. */
  replace(): Promise<void>;
}

/**
 * The booted stage that all test files of a worker share, as `startPreparedStage` makes it. Each file takes it as it is,
 * and hands it on as it was: what a file leaves behind fails that file, and the next one gets a new stage.
 */
export function useSharedStage(): SharedStage {
  let stage: PreparedStage | undefined;

  async function boot(): Promise<void> {
    stage = undefined;
    stage = await startPreparedStage(`${sharedStagePrefix}${process.env['VITEST_POOL_ID']}`);
  }

  beforeAll(async () => {
    stage = kept;
    kept = undefined;
    if (stage === undefined) await boot();
  });

  afterAll(async () => {
    if (stage === undefined) return;
    try {
      await restore(stage);
      expect(await leftBehind(stage), 'what these tests left behind on the stage that they share').toEqual([]);
      kept = stage;
    } finally {
      if (kept === undefined) await stage.stage.engine.stop();
    }
  });

  return {
    get() {
      if (stage === undefined) throw new Error('the shared stage is there from beforeAll on');
      return stage;
    },
    async replace() {
      await stage?.stage.engine.stop();
      await boot();
    },
  };
}

/** What every file may change: the configuration, the release on each host, orders that wait. */
async function restore(prepared: PreparedStage): Promise<void> {
  const { stage, broker } = prepared;
  await untilWell(prepared, 180);
  await stage.publish(shortGate);
  const { outcome } = await stage.run({ release: 'v2' });
  if (outcome.status !== 'Succeeded') throw new Error(`v2 could not be restored: ${outcome.reason.text}`);
  await broker.purge('orders');
}

/** What no file may leave behind, a sentence each. */
async function leftBehind(prepared: PreparedStage): Promise<readonly string[]> {
  const { stage, hosts, upstreams } = prepared;
  const { engine } = stage;
  const { queue, differing, freeze } = await readState(engine.ports);
  const { isLocked, healthy } = await look(prepared);
  const { waiting, underWay } = await readConvergence(engine.ports);
  const running = (await engine.executions.list()).filter(({ status }) => status === 'RUNNING');
  const drift = await typeCommand(stage, 'drift', '--json');
  const drifted = drift.exitCode === 0 ? [] : (JSON.parse(drift.stdout) as DriftView).hosts;
  const releases = await Promise.all(hosts.map((host) => on(host, 'readlink', '/app/current')));
  const payments = await Promise.all(hosts.map(pay));
  const filtered = await Promise.all([...hosts, upstreams].map(rulesOf));
  const claims: readonly (readonly [isSo: boolean, what: string])[] = [
    [isLocked, 'the target is locked'],
    [queue.length > 0, 'deployments wait for the lock'],
    [Object.keys(differing).length > 0, `${Object.keys(differing).join(', ')} differ from the stable release`],
    [freeze !== null, 'the target is frozen'],
    [underWay !== null || Object.keys(waiting).length > 0, 'hosts wait to be converged'],
    [running.length > 0, `executions run: ${running.map(({ name }) => name).join(', ')}`],
    [engine.faults.pending() > 0, 'faults of commands have not struck'],
    [engine.balancer.targets().some(({ state }) => state !== 'healthy'), 'a host is out of the load balancer'],
  ];
  return [
    ...claims.flatMap(([isSo, what]) => (isSo ? [what] : [])),
    ...hosts.flatMap(({ name }, index) => [
      ...(healthy[index] === true ? [] : [`${name} does not serve`]),
      ...(releases[index]?.startsWith('releases/v2-') === true ? [] : [`${name} runs ${releases[index]}`]),
      ...(payments[index]?.status === 200 ? [] : [`a payment on ${name} is answered ${payments[index]?.status}`]),
    ]),
    ...drifted.flatMap((host) => host.drift.map(({ kind }) => `${host.name} has drifted: ${kind}`)),
    ...filtered.flat(),
  ];
}

/** Rules of a firewall that a test has put up and not taken down. */
async function rulesOf({ name, network }: PreparedStage['first']): Promise<readonly string[]> {
  const listed = await mustRun(['nsenter', `--net=/run/netns/${network.namespace}`, 'iptables', '-S']);
  return listed
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .map((line) => `${name} has a firewall rule: ${line}`);
}
