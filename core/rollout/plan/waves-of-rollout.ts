import type { HostProgress } from '../../model/host-progress.ts';
import type { RolloutFacts } from '../../model/rollout-facts.ts';
import { planWaves, type Wave } from './plan-waves.ts';

/** Waves are planned from what Stage found: the same finding always gives the same waves. */
export function wavesOf(facts: RolloutFacts): readonly Wave[] {
  const staged = facts.progress.filter((host) => host.stage === 'staged');
  return planWaves({
    hosts: staged.map((host) => ({
      instanceId: host.host.instanceId,
      zone: host.host.zone,
      isDown: host.wasDown,
      isOutdated: host.before !== facts.admitted.release.releaseId,
    })),
    // A rollback takes the fast lane: one wave, still no more than maxUnavailable at once, gate on.
    waves: facts.admitted.isRollback ? ['100%'] : facts.plan.policy.waves,
  });
}

/** Staged, not touched yet, not refused by the host or SSM, and not left out by an operator. */
export function isStillToActivate(facts: RolloutFacts, instanceId: string): boolean {
  const host = hostOf(facts, instanceId);
  return host !== undefined && isToActivate(host);
}

export function isToActivate(host: HostProgress): boolean {
  return host.run === 'untouched' && !host.isRefused && !host.isSkipped;
}

export function hostOf(facts: RolloutFacts, instanceId: string): HostProgress | undefined {
  return facts.progress.find((host) => host.host.instanceId === instanceId);
}
