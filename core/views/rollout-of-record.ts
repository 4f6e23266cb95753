import { controlsOf } from '../rollout/controls.ts';
import { progressOfHosts } from '../rollout/progress-of-hosts.ts';
import type { RolloutFacts } from '../rollout/rollout-facts.ts';
import type { DeploymentRecord } from './deployment-view.ts';

/** What the decisions of this deployment are made from, as its record has it; null before it was planned. */
export function rolloutOfRecord(record: DeploymentRecord): RolloutFacts | null {
  const { admitted, plan, steps, errors, decisions, words } = record;
  if (admitted === null || plan === null) {
    return null;
  }
  const controls = controlsOf(words);
  return {
    admitted,
    plan,
    progress: progressOfHosts({ plan, steps, errors, controls, decisions }),
    decisions,
    controls,
    alarms: { kind: 'notAsked' },
    isRepair: record.lock?.purpose === 'repair' && record.lock.deploymentId === record.deploymentId,
    error: null,
    nowMilliseconds: record.nowMilliseconds,
  };
}
