import { controlsOf } from '../rollout/controls.ts';
import { progressOf } from '../rollout/read-progress.ts';
import type { RolloutFacts } from '../rollout/rollout-facts.ts';
import { withWords } from '../rollout/with-words.ts';
import type { DeploymentRecord } from './deployment-view.ts';

/** What the decisions of this deployment are made from, as its record has it; null before it was planned. */
export function rolloutOfRecord(record: DeploymentRecord): RolloutFacts | null {
  const { admitted, plan, steps, decisions, words } = record;
  if (admitted === null || plan === null) {
    return null;
  }
  const stepsOfHost = Map.groupBy(steps, (step) => step.intent.instanceId);
  const controls = controlsOf(words);
  const progress = plan.hosts.map((host) => progressOf(host, stepsOfHost.get(host.instanceId) ?? []));
  return {
    admitted,
    plan,
    progress: withWords(progress, controls, decisions),
    decisions,
    controls,
    alarms: { kind: 'notAsked' },
    isRepair: record.lock?.purpose === 'repair' && record.lock.deploymentId === record.deploymentId,
    error: null,
    nowMilliseconds: record.nowMilliseconds,
  };
}
