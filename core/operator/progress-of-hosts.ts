import type { Step, StepError } from '../model/deployment-records.ts';
import type { HostProgress } from '../model/host-progress.ts';
import type { RolloutFacts } from '../model/rollout-facts.ts';
import { askedOf, caughtErrorOf, deadDecision, errorsOfMaps, givenUpOf } from '../rollout/progress/caught-errors.ts';
import { progressOf } from '../rollout/progress/read-progress.ts';
import { applyRequests } from './apply-requests.ts';

/**
 * Where every host of the plan stands, with the errors that the machine caught of it and what operators have said about
 * it. Attempts count after round `afterRound` alone.
 */
export function progressOfHosts(
  {
    plan,
    steps,
    errors,
    controls,
    decisions,
  }: Pick<RolloutFacts, 'plan' | 'controls' | 'decisions'> & {
    readonly steps: readonly Step[];
    readonly errors: readonly StepError[];
  },
  afterRound?: number,
): readonly HostProgress[] {
  const stepsOf = Map.groupBy(steps, (step) => step.intent.instanceId);
  const errorsOf = Map.groupBy(errors, (error) => error.instanceId);
  const ofMaps = Map.groupBy(errorsOfMaps(decisions), (error) => error.instanceId);
  const parked = decisions.findLast(({ decision }) => decision.kind === 'park')?.round ?? -1;
  const since = Math.max(afterRound ?? -1, parked);
  const dead = deadDecision({ steps, decisions }, since);
  const progress = plan.hosts.map((host): HostProgress => {
    const { instanceId } = host;
    const own = { instanceId, steps: stepsOf.get(instanceId) ?? [], decisions };
    const read = withLastLook(progressOf(host, own.steps, afterRound), plan);
    const caught = caughtErrorOf({ ...own, errors: errorsOf.get(instanceId) ?? [] });
    const all = [...(errorsOf.get(instanceId) ?? []), ...(ofMaps.get(instanceId) ?? [])];
    const givenUp = givenUpOf({ ...own, errors: all, afterRound: since });
    const last = askedOf(dead, instanceId);
    return {
      ...read,
      diagnosis: read.diagnosis ?? caught?.diagnosis ?? null,
      caught,
      givenUp: last === undefined || givenUp.includes(last) ? givenUp : [...givenUp, last],
    };
  });
  return applyRequests(progress, controls, decisions);
}

/** Where staging has not told what the host runs, the look of an earlier deployment stands. */
function withLastLook(host: HostProgress, { lastSeenDown = [] }: RolloutFacts['plan']): HostProgress {
  const isUnseen = host.before === null;
  return isUnseen && lastSeenDown.includes(host.host.instanceId) ? { ...host, wasDown: true } : host;
}
