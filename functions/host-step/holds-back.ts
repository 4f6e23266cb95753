import { failureOf, hasFailed } from '../../core/evaluate-outcome.ts';
import { mayActivate } from '../../core/may-activate.ts';
import type { RolloutFacts } from '../../core/rollout-facts.ts';

/**
 * Whether this host must not be activated now: the rollout has a reason to turn back, or too many hosts are down. The
 * next decision, after the wave, says what follows.
 */
export function holdsBack(facts: RolloutFacts, instanceId: string): boolean {
  if (failureOf(facts) !== null) {
    return true;
  }
  const ids = (hosts: typeof facts.progress): string[] => hosts.map((host) => host.host.instanceId);
  const isDown = (host: (typeof facts.progress)[number]): boolean =>
    host.run === 'failed' || host.run === 'revertFailed' || (host.wasDown && host.run === 'untouched');
  const activation = mayActivate({
    instanceId,
    downHosts: ids(facts.progress.filter(isDown)),
    activatingHosts: ids(facts.progress.filter((host) => host.run === 'activating')),
    failedHosts: ids(facts.progress.filter(hasFailed)),
    maxUnavailable: facts.plan.policy.maxUnavailable,
    maxFailedHosts: facts.plan.policy.maxFailedHosts,
  });
  return activation.kind !== 'go';
}
