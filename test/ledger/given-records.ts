import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import type { AdmittedDeployment, DeploymentOutcome, DeploymentPlan } from '../../core/model/deployment-records.ts';
import type { RecordedDecision } from '../../core/model/rollout-facts.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import { writeAdmitted, writeDecision, writeOutcomeOnce, writePlan } from '../../ledger/rollout/deployments.ts';
import { writeStepError } from '../../ledger/rollout/host-steps.ts';
import { hosts, recordOf } from '../given/recorded-deployment.ts';
import { keepStep, present } from './given-steps.ts';
import type { LedgerPorts } from './ledger-bench.ts';

const first = hosts[0]?.instanceId ?? '';
const installed = { host: 0, action: 'install', from: 1, to: 31 } as const;

/** v2 on its way to three hosts: one is staged, and two are not. */
export const goingOn: DeploymentRecord = recordOf({ steps: [installed], now: 32 });

/** The same deployment after its end; its steps stand in the order of their keys. */
export const ended: DeploymentRecord = recordOf({
  steps: [
    { host: 0, action: 'activate', from: 33, to: 34 },
    installed,
    { host: 0, action: 'revert', from: 45, to: 46 },
    { host: 0, action: 'verify', from: 34, to: 44, status: 'failed' },
  ],
  decisions: [
    [32, { kind: 'wave', wave: 1, hosts: [first], maxConcurrency: 1 }],
    [44, { kind: 'revert', hosts: [first], maxConcurrency: 1 }],
    [46, { kind: 'finish' }],
  ],
  words: [
    { verb: 'pause', by: 'anna', at: '2026-11-22T20:45:35.000Z', reason: 'a look' },
    { verb: 'halt', by: 'ben', at: '2026-11-22T20:45:40.000Z', reason: '' },
  ],
  now: 47,
  isEnded: true,
});

export const admitted: AdmittedDeployment = present(ended.admitted);
export const plan: DeploymentPlan = present(ended.plan);
export const outcome: DeploymentOutcome = present(ended.outcome);

export function decisionOf(round: number): RecordedDecision {
  const at = new Date(Date.parse('2026-11-22T20:45:00Z') + round * 1000).toISOString();
  return { round, decision: { kind: 'settle', hosts: [first] }, fence: 100, at, executionArn: 'arn:one', error: null };
}

/** Writes all that there is of a deployment, as its execution does. */
export async function keepRecord(ports: LedgerPorts, record: DeploymentRecord): Promise<void> {
  if (record.admitted !== null) await writeAdmitted(ports, record.admitted);
  if (record.plan !== null) await writePlan(ports, record.deploymentId, record.plan);
  for (const step of record.steps) await keepStep(ports, record.deploymentId, step);
  for (const error of record.errors) await writeStepError(ports, record.deploymentId, error);
  for (const decision of record.decisions) await writeDecision(ports, record.deploymentId, decision);
  for (const { verb, ...request } of record.words) await writeControl(ports, verb, record.deploymentId, request);
  if (record.outcome !== null) await writeOutcomeOnce(ports, record.outcome);
}
