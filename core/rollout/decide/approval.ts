import type { AdmittedDeployment } from '../../model/deployment-records.ts';
import type { RolloutFacts } from '../../model/rollout-facts.ts';
import type { Approval } from '../../model/service-config.ts';
import { approvalBeforeWave, type Wave } from '../plan/plan-waves.ts';

/** Stands for the time before Stage where decisions name a wave. */
export const beforeStaging = 0;

type Asked = Exclude<Approval, { readonly kind: 'none' }>;

/**
 * The approval that this deployment waits for, given or not; null where none is asked of it. A converge brings nothing
 * new, and a rollback must not wait. With `for: uploads` only what an upload started waits: a person who asks for a
 * release has a right to do so already.
 */
export function approvalOf(
  { trigger, isRollback }: Pick<AdmittedDeployment, 'trigger' | 'isRollback'>,
  approval: Approval,
): Asked | null {
  if (approval.kind === 'none' || trigger === 'converge' || isRollback) {
    return null;
  }
  return approval.for === 'uploads' && trigger !== 'upload' ? null : approval;
}

/** Whether Plan must not go on to Stage, because a person approves first. */
export function asksBeforeStaging(
  admitted: Pick<AdmittedDeployment, 'trigger' | 'isRollback'>,
  approval: Approval,
): boolean {
  return approvalOf(admitted, approval)?.kind === 'before-staging';
}

/** The approval that this wave must wait for, or `beforeStaging`; null where it was given or is not asked for. */
export function missingApproval(facts: RolloutFacts, waves: readonly Wave[], wave: number): Asked | null {
  const approval = approvalOf(facts.admitted, facts.plan.policy.approval);
  if (approval === null || facts.controls.approve !== null) {
    return null;
  }
  const before = approval.kind === 'before-staging' ? beforeStaging : approvalBeforeWave(approval, waves);
  // A wave whose hosts were all skipped is not waited for; the approval is.
  return before !== null && before <= wave ? approval : null;
}
