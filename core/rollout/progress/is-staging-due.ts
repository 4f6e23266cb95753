import type { RolloutFacts } from '../../model/rollout-facts.ts';

/** Nothing was sent to any host yet: the decision to stage is still to come. */
export function isStagingDue({ plan, decisions }: Pick<RolloutFacts, 'plan' | 'decisions'>): boolean {
  return plan.isStagedLater === true && decisions.every(({ decision }) => decision.kind !== 'stage');
}
