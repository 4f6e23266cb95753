import type { DeploymentRecord } from '../model/deployment-record.ts';
import type { RolloutFacts } from '../model/rollout-facts.ts';
import { controlsOf } from '../operator/controls-of.ts';
import { progressOfHosts } from '../operator/progress-of-hosts.ts';

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
