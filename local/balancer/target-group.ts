import type { Target, TargetHealth } from '../../clients/ports.ts';

/** What a health check of one target found, in ELB's words. */
export type ProbeAnswer =
  | { readonly isOk: true }
  | {
      readonly isOk: false;
      readonly reason: 'Target.Timeout' | 'Target.ResponseCodeMismatch' | 'Target.FailedHealthChecks';
      readonly description: string;
    };

export type Probe = (target: Target) => Promise<ProbeAnswer>;

export interface TargetGroupOptions {
  readonly now: () => number;
  readonly probe: Probe;
  /** Connections that are open are cut after so long (`deregistration_delay.timeout_seconds`). */
  readonly drainMilliseconds: number;
  /** What an engine that ran before left registered. */
  readonly registered?: readonly Target[];
  /** Told whenever a target comes or goes. */
  readonly onChange?: (registered: readonly Target[]) => void;
}

/** Bad answers in a row that make a target unhealthy, and good ones that make it healthy again (ELB: 2 and 5). */
const unhealthyThreshold = 2;
const healthyThreshold = 2;

interface Entry extends Target {
  state: 'initial' | 'healthy' | 'unhealthy' | 'draining';
  reason: string | null;
  description: string | null;
  /** Answers of one kind in a row. */
  good: number;
  bad: number;
  /** Requests under way. */
  open: number;
  drainsUntil: number;
}

/** Stands in for a target group: the same states, reasons and order of events as ELB's, over probes that are given. */
export interface LocalTargetGroup {
  register(target: Target): void;
  deregister(target: Target): void;
  targets(): readonly TargetHealth[];
  /** One health check of every target that is not leaving. */
  check(): Promise<void>;
  /** Where the next request goes: in turn to healthy targets, to all of them where none is (ELB fails open). */
  next(): Target | undefined;
  /** A request to this target begins; the answer ends it. */
  opened(target: Target): () => void;
}

export function createTargetGroup(options: TargetGroupOptions): LocalTargetGroup {
  const { now, probe, drainMilliseconds } = options;
  const entries = new Map<string, Entry>();
  let turn = 0;
  for (const target of options.registered ?? []) entries.set(keyOf(target), fresh(target));

  const isLeaving = (entry: Entry): boolean => entry.state === 'draining';
  const changed = (): void =>
    options.onChange?.(
      [...entries.values()].filter((entry) => !isLeaving(entry)).map(({ instanceId, port }) => ({ instanceId, port })),
    );

  /** As ELB: without requests under way the draining is over at once. */
  function sweep(): void {
    for (const [key, entry] of entries) {
      if (isLeaving(entry) && (entry.open === 0 || now() >= entry.drainsUntil)) entries.delete(key);
    }
  }

  return {
    register(target) {
      const entry = entries.get(keyOf(target));
      if (entry !== undefined && !isLeaving(entry)) return;
      entries.set(keyOf(target), { ...fresh(target), open: entry?.open ?? 0 });
      changed();
    },
    deregister(target) {
      const entry = entries.get(keyOf(target));
      if (entry === undefined || isLeaving(entry)) return;
      Object.assign(entry, {
        state: 'draining',
        reason: 'Target.DeregistrationInProgress',
        description: 'Target deregistration is in progress',
        drainsUntil: now() + drainMilliseconds,
      });
      changed();
    },
    targets() {
      sweep();
      return [...entries.values()].map(({ instanceId, port, state, reason, description }) => ({
        instanceId,
        port,
        state,
        reason,
        description,
      }));
    },
    async check() {
      sweep();
      const asked = [...entries.values()].filter((entry) => !isLeaving(entry));
      await Promise.all(
        asked.map(async (entry) => {
          const answer = await probe({ instanceId: entry.instanceId, port: entry.port });
          if (!isLeaving(entry)) judge(entry, answer);
        }),
      );
    },
    next() {
      sweep();
      const staying = [...entries.values()].filter((entry) => !isLeaving(entry));
      const healthy = staying.filter((entry) => entry.state === 'healthy');
      const pool = healthy.length > 0 ? healthy : staying;
      turn += 1;
      return pool[turn % Math.max(1, pool.length)];
    },
    opened(target) {
      const entry = entries.get(keyOf(target));
      if (entry !== undefined) entry.open += 1;
      let isOver = false;
      return () => {
        if (entry !== undefined && !isOver) entry.open -= 1;
        isOver = true;
      };
    },
  };
}

/** One good answer makes a new target healthy; one that was unhealthy has to give several. */
function judge(entry: Entry, answer: ProbeAnswer): void {
  entry.good = answer.isOk ? entry.good + 1 : 0;
  entry.bad = answer.isOk ? 0 : entry.bad + 1;
  if (answer.isOk && (entry.state === 'initial' || entry.good >= healthyThreshold)) {
    Object.assign(entry, { state: 'healthy', reason: null, description: null });
  }
  if (!answer.isOk && entry.bad >= unhealthyThreshold) {
    Object.assign(entry, { state: 'unhealthy', reason: answer.reason, description: answer.description });
  }
}

function fresh({ instanceId, port }: Target): Entry {
  return {
    instanceId,
    port,
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
    good: 0,
    bad: 0,
    open: 0,
    drainsUntil: 0,
  };
}

function keyOf({ instanceId, port }: Target): string {
  return `${instanceId}:${port}`;
}
