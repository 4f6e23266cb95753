import { deploymentIdOf } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import type { Broker } from '../../local/upstreams/broker.ts';
import { isHealthy } from './availability-probe.ts';
import { type LocalStage, mainPid, on, startStage, until } from './local-stage.ts';

/** A stage of three booted hosts on which `v2` is stable and `v1` is known as well; its gate is short. */
export interface PreparedStage {
  readonly stage: LocalStage;
  readonly hosts: readonly SystemdHost[];
  /** The machine that carries cart, user and RabbitMQ. */
  readonly upstreams: SystemdHost;
  readonly broker: Broker;
  /** The first host that a rollout to the whole target activates; the one that faults strike. */
  readonly first: SystemdHost;
  /** `10.77.1.` */
  readonly prefix: string;
}

/** What a person would look at to know whether the target is as it was. */
export interface Sight {
  readonly pids: readonly string[];
  readonly healthy: readonly boolean[];
  readonly isLocked: boolean;
  readonly stable: number | undefined;
}

/**
 * A gate that asks all its questions with a shorter window than that of `services/payment.yml`. Where the length of the
 * window is what is tested, a test has a gate of its own. The deadline stays long: a good release passes on a busy machine
 * too.
 */
export function shortGate(yaml: string): string {
  return withHealth(yaml, { stableSeconds: 3 });
}

/** Other seconds than those of the short gate. */
export function withHealth(
  yaml: string,
  seconds: { readonly stableSeconds?: number; readonly deadlineSeconds?: number },
): string {
  return Object.entries(seconds).reduce(
    (text, [key, value]) => text.replace(new RegExp(`^( {2}${key}:) [0-9]+(?= # default)`, 'm'), `$1 ${value}`),
    // The deadline of a rollout has the same name.
    yaml,
  );
}

export async function startPreparedStage(name: string): Promise<PreparedStage> {
  const stage = await startStage(name, { change: shortGate });
  const hosts = stage.hosts as readonly SystemdHost[];
  const upstreams = stage.engine.target.machines.at(-1) as SystemdHost | undefined;
  const broker = stage.engine.target.upstreams?.broker;
  const [first] = hosts;
  if (first === undefined || upstreams === undefined || broker === undefined) {
    await stage.engine.stop();
    throw new Error('a prepared stage needs booted hosts and RabbitMQ');
  }
  const prefix = (first.addresses[0] ?? '').replace(/\d+$/, '');
  const rig = { stage, hosts, upstreams, broker, first, prefix };
  for (const variant of ['v1', 'v2']) {
    const { outcome } = await stage.deploy(variant);
    if (outcome.status !== 'Succeeded') throw new Error(`${variant} could not be prepared: ${outcome.reason.text}`);
  }
  return rig;
}

export async function look(rig: PreparedStage): Promise<Sight> {
  const state = await readState(rig.stage.engine.ports);
  const [pids, healthy] = await Promise.all([
    Promise.all(rig.hosts.map((host) => (host.isRunning() ? mainPid(host) : 'off'))),
    Promise.all(rig.hosts.map((host) => isHealthy(host.addresses[0] ?? ''))),
  ]);
  return { pids, healthy, isLocked: state.lock !== null, stable: state.stableHistory.at(-1)?.release };
}

/** Nothing runs, nothing waits, every host is on, serves and has an agent that is idle. Throws where that does not come about. */
export async function untilWell(rig: PreparedStage, seconds: number): Promise<void> {
  const { engine } = rig.stage;
  const isWell = async (): Promise<boolean> => {
    const { lock, queue } = await readState(engine.ports);
    if (lock !== null || queue.length > 0 || rig.hosts.some((host) => !host.isRunning())) return false;
    return (await look(rig)).healthy.every((each) => each);
  };
  await until(isWell, 'a target that is well again', seconds);
  if (engine.faults.pending() > 0) throw new Error(`${engine.faults.pending()} faults never struck`);
}

/** The deployment of an execution, as soon as it is known to the ledger. */
export async function deploymentOf({ stage }: PreparedStage, executionArn: string): Promise<string> {
  const info = await stage.engine.executions.describe(executionArn);
  if (info === undefined) throw new Error(`${executionArn} was never started`);
  return deploymentIdOf(executionArn, info.startedAt);
}

/** `v1` or `v2`: the good release that the first host does not run. */
export async function otherGoodRelease(rig: PreparedStage): Promise<string> {
  const current = await on(rig.first, 'readlink', '/app/current');
  return current.startsWith('releases/v1-') ? 'v2' : 'v1';
}
