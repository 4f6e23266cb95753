import type { Step } from '../deployment-records.ts';
import type { HostProgress } from './host-progress.ts';
import { progressOf } from './read-progress.ts';
import type { RolloutFacts } from './rollout-facts.ts';
import { withWords } from './with-words.ts';

/**
 * Where every host of the plan stands, with what operators have said about it. Attempts count after round `afterRound`
 * alone.
 */
export function progressOfHosts(
  {
    plan,
    steps,
    controls,
    decisions,
  }: Pick<RolloutFacts, 'plan' | 'controls' | 'decisions'> & {
    readonly steps: readonly Step[];
  },
  afterRound?: number,
): readonly HostProgress[] {
  const stepsOf = Map.groupBy(steps, (step) => step.intent.instanceId);
  const progress = plan.hosts.map((host) =>
    withLastLook(progressOf(host, stepsOf.get(host.instanceId) ?? [], afterRound), plan),
  );
  return withWords(progress, controls, decisions);
}

/** Where staging has not told what the host runs, the look of an earlier deployment stands. */
function withLastLook(host: HostProgress, { lastSeenDown = [] }: RolloutFacts['plan']): HostProgress {
  const isUnseen = host.before === null;
  return isUnseen && lastSeenDown.includes(host.host.instanceId) ? { ...host, wasDown: true } : host;
}
