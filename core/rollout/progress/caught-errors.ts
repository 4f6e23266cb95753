import { diagnoseError } from '../../diagnosis/diagnose-error.ts';
import type { Step, StepError } from '../../model/deployment-records.ts';
import type { CaughtError } from '../../model/host-progress.ts';
import type { Decision, RecordedDecision } from '../../model/rollout-facts.ts';
import type { HostAction, StepAction } from '../../model/statuses.ts';

/** Rounds in a row that ended in an error before their step had an intent: then this step is not asked for again. */
const maxVainRounds = 3;

/**
 * Rounds in a row that left no step of any host, with or without an error: nothing will come of the next one either. A host
 * that is held back waits for others of its round, so a round in which no host has a step is not one of waiting.
 */
export const maxDeadRounds = 20;

/** What is known of the tries of one host. */
export interface TryFacts {
  readonly instanceId: string;
  /** Of this host. */
  readonly steps: readonly Step[];
  readonly errors: readonly StepError[];
  readonly decisions: readonly RecordedDecision[];
  /** Rounds up to this one say nothing: they are those of an execution that died, or a person has answered since. */
  readonly afterRound: number;
}

const firstActions: Partial<Record<Decision['kind'], StepAction>> = {
  stage: 'install',
  wave: 'activate',
  verify: 'verify',
  revert: 'revert',
  settle: 'settle',
  drain: 'drain',
  join: 'join',
};

const gates: Partial<Record<StepAction, HostAction>> = { activate: 'verify', revert: 'verifyRevert' };

/** The newest error of a host that stands; null where the host has done something well since, and where there is none. */
export function caughtErrorOf(facts: Omit<TryFacts, 'afterRound'>): CaughtError | null {
  const newest = facts.errors.toSorted((a, b) => a.round - b.round).at(-1);
  if (newest === undefined) {
    return null;
  }
  const { name, cause, round, at } = newest;
  const action = actionOf(newest, facts);
  const isOver = facts.steps.some(
    ({ intent, outcome }) =>
      outcome?.status === 'done' && (intent.round > round || (intent.round === round && intent.action === action)),
  );
  if (isOver) {
    return null;
  }
  const isBegun = facts.steps.some(({ intent }) => intent.round === round && intent.action === action);
  const diagnosis = diagnoseError({ action, name, cause, isBegun });
  return { action, name, cause, round, at, isBegun, diagnosis };
}

/** What the machine was at when it caught this error: a round that switches asks its gate after the switch. */
export function actionOf(
  { round }: Pick<StepError, 'round'>,
  { steps, decisions }: Pick<TryFacts, 'steps' | 'decisions'>,
): StepAction {
  const decision = decisions.find((each) => each.round === round)?.decision;
  const first = (decision === undefined ? undefined : firstActions[decision.kind]) ?? 'install';
  const isSwitched = steps.some(
    ({ intent, outcome }) => intent.round === round && intent.action === first && outcome?.status === 'done',
  );
  return (isSwitched ? gates[first] : undefined) ?? first;
}

/**
 * The steps that are not asked of this host again. A round counts that ended in an error and left no intent; one in which
 * the host was held back does not, and one with an intent begins the count anew: what became of it is counted elsewhere.
 */
export function givenUpOf(facts: TryFacts): readonly StepAction[] {
  return facts.errors.length < maxVainRounds
    ? []
    : Object.values(firstActions).filter((action) => vainRounds(action, facts) >= maxVainRounds);
}

function vainRounds(action: StepAction, { instanceId, steps, errors, decisions, afterRound }: TryFacts): number {
  // A host that was switched since is another one to its load balancer.
  const switches = steps.filter(({ intent }) => intent.action === 'activate' || intent.action === 'revert');
  const since = Math.max(afterRound, ...(action === 'join' ? switches.map(({ intent }) => intent.round) : []));
  let count = 0;
  for (const { round, decision } of decisions.toReversed()) {
    if (round <= since) break;
    const isAsked =
      firstActions[decision.kind] === action && 'hosts' in decision && decision.hosts.includes(instanceId);
    if (!isAsked) continue;
    if (steps.some(({ intent }) => intent.round === round && intent.action === action)) break;
    count += errors.some((error) => error.round === round) ? 1 : 0;
  }
  return count;
}

/** The decision that is not made once more, because as many like it have left nothing at all. */
export function deadDecision(
  { steps, decisions }: Pick<TryFacts, 'steps' | 'decisions'>,
  afterRound: number,
): Decision | null {
  const acted = steps.reduce((newest, { intent }) => Math.max(newest, intent.round), afterRound);
  const dead = decisions.filter(({ round, decision }) => round > acted && 'hosts' in decision);
  return dead.length >= maxDeadRounds ? (dead.at(-1)?.decision ?? null) : null;
}

/** The step of this decision for this host, where it is one of its hosts. */
export function askedOf(decision: Decision | null, instanceId: string): StepAction | undefined {
  return decision !== null && 'hosts' in decision && decision.hosts.includes(instanceId)
    ? firstActions[decision.kind]
    : undefined;
}

/** Errors of whole Maps, each as one of every host that its round was about. */
export function errorsOfMaps(decisions: readonly RecordedDecision[]): readonly StepError[] {
  return decisions.flatMap(({ round, decision }, index) => {
    const error = decisions[index + 1]?.error ?? null;
    const at = decisions[index + 1]?.at ?? '';
    return error === null || !('hosts' in decision)
      ? []
      : decision.hosts.map((instanceId) => ({ instanceId, round, ...error, at }));
  });
}
