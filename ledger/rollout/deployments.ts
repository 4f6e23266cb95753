import type { Ports } from '../../clients/ports.ts';
import type { AdmittedDeployment, DeploymentOutcome, DeploymentPlan } from '../../core/model/deployment-records.ts';
import type { MachineError, RecordedDecision, RolloutFacts } from '../../core/model/rollout-facts.ts';
import { progressOfHosts } from '../../core/operator/progress-of-hosts.ts';
import { createJson, readAll, readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';
import { readControls } from '../operator/requests.ts';
import { readHosts } from './host-steps.ts';

type LedgerPorts = Pick<Ports, 'stage' | 'ledger' | 'clock'>;

type ResolvedRelease = Pick<AdmittedDeployment, 'release' | 'stable'>;

/** What was admitted; of a converge with the release that it resolved since, where it has had the lock. */
export async function readAdmitted(ports: LedgerPorts, deploymentId: string): Promise<AdmittedDeployment | undefined> {
  const { service } = ports.stage;
  const admitted = await readJson<AdmittedDeployment>(ports.ledger, keys.request(service, deploymentId));
  if (admitted?.request.kind !== 'converge') {
    return admitted;
  }
  const resolved = await readJson<ResolvedRelease>(ports.ledger, keys.resolvedRelease(service, deploymentId));
  return { ...admitted, ...resolved };
}

/** Notes the release that a converge found stable when it had the lock; the first one stands. */
export async function writeResolvedRelease(
  ports: LedgerPorts,
  deploymentId: string,
  resolved: ResolvedRelease,
): Promise<void> {
  await createJson(ports.ledger, keys.resolvedRelease(ports.stage.service, deploymentId), resolved);
}

export async function writeAdmitted(ports: LedgerPorts, admitted: AdmittedDeployment): Promise<AdmittedDeployment> {
  const key = keys.request(ports.stage.service, admitted.deploymentId);
  return (await createJson(ports.ledger, key, admitted)).value;
}

export function readPlan(ports: LedgerPorts, deploymentId: string): Promise<DeploymentPlan | undefined> {
  return readJson(ports.ledger, keys.plan(ports.stage.service, deploymentId));
}

export async function writePlan(
  ports: LedgerPorts,
  deploymentId: string,
  plan: DeploymentPlan,
): Promise<DeploymentPlan> {
  return (await createJson(ports.ledger, keys.plan(ports.stage.service, deploymentId), plan)).value;
}

export function readOutcome(ports: LedgerPorts, deploymentId: string): Promise<DeploymentOutcome | undefined> {
  return readJson(ports.ledger, keys.outcome(ports.stage.service, deploymentId));
}

/** Writes the end of a deployment once; the first one stands. */
export async function writeOutcomeOnce(ports: LedgerPorts, outcome: DeploymentOutcome): Promise<DeploymentOutcome> {
  const key = keys.outcome(ports.stage.service, outcome.deploymentId);
  return (await createJson(ports.ledger, key, outcome)).value;
}

export function readDecision(
  ports: LedgerPorts,
  deploymentId: string,
  round: number,
): Promise<RecordedDecision | undefined> {
  return readJson(ports.ledger, keys.decision(ports.stage.service, deploymentId, round));
}

export async function readDecisions(ports: LedgerPorts, deploymentId: string): Promise<readonly RecordedDecision[]> {
  const names = await ports.ledger.list(`${keys.deployment(ports.stage.service, deploymentId)}decisions/`);
  return readAll(ports.ledger, names);
}

/** Writes the decision of a round once; a retry after a lost answer gets the one that stands. */
export async function writeDecision(
  ports: LedgerPorts,
  deploymentId: string,
  decision: RecordedDecision,
): Promise<RecordedDecision> {
  const key = keys.decision(ports.stage.service, deploymentId, decision.round);
  return (await createJson(ports.ledger, key, decision)).value;
}

/** For so long an execution that died is looked for: EventBridge tells of it within a day, or never. */
const recentMilliseconds = 86_400_000;

/** Ids of deployments that were admitted today or yesterday and have no end, oldest first; two lists of keys. */
export async function listRecentWithoutEnd(ports: LedgerPorts): Promise<readonly string[]> {
  const { service } = ports.stage;
  const now = ports.clock.now();
  const days = [now - recentMilliseconds, now].map((at) => new Date(at).toISOString().slice(0, 10).replaceAll('-', ''));
  const lists = await Promise.all(days.map((day) => ports.ledger.list(`${keys.deployments(service)}d-${day}-`)));
  const known = new Set(lists.flat());
  const ids = [...known].flatMap((key) => key.match(/\/(d-[^/]+)\/request\.json$/)?.[1] ?? []);
  return ids.filter((id) => !known.has(keys.outcome(service, id)));
}

/** Every deployment id of the service, oldest first. */
export async function listDeployments(ports: LedgerPorts): Promise<readonly string[]> {
  const prefix = keys.deployments(ports.stage.service);
  const names = await ports.ledger.list(prefix);
  return [...new Set(names.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].filter((id) => id !== '');
}

/** A deployment that was planned, as it was admitted and planned: both are written once, so a handler reads them once. */
export interface PlannedDeployment {
  readonly admitted: AdmittedDeployment;
  readonly plan: DeploymentPlan;
}

/** Undefined if the deployment was never planned. */
export async function openDeployment(ports: LedgerPorts, deploymentId: string): Promise<PlannedDeployment | undefined> {
  const [admitted, plan] = await Promise.all([readAdmitted(ports, deploymentId), readPlan(ports, deploymentId)]);
  return admitted === undefined || plan === undefined ? undefined : { admitted, plan };
}

/** The deployment that an execution works on. Throws if it was never planned: then the execution has no business here. */
export async function openPlanned(ports: LedgerPorts, deploymentId: string): Promise<PlannedDeployment> {
  const deployment = await openDeployment(ports, deploymentId);
  if (deployment === undefined) {
    throw new Error(`${deploymentId} has no plan in the ledger`);
  }
  return deployment;
}

/** Reads everything that decisions are made from, except the alarms: the ledger does not hold those. */
export async function readFacts(
  ports: LedgerPorts,
  { admitted, plan }: PlannedDeployment,
  situation: { readonly executionArn: string; readonly isRepair: boolean; readonly error: MachineError | null },
): Promise<RolloutFacts> {
  const { deploymentId } = admitted;
  const [{ steps, errors }, decisions, controls] = await Promise.all([
    readHosts(ports, deploymentId),
    readDecisions(ports, deploymentId),
    readControls(ports, deploymentId),
  ]);
  const before = decisions.findLast((decision) => decision.executionArn !== situation.executionArn)?.round;
  return {
    admitted,
    plan,
    progress: progressOfHosts({ plan, steps, errors, controls, decisions }, before),
    decisions,
    controls,
    alarms: { kind: 'notAsked' },
    isRepair: situation.isRepair,
    error: situation.error,
    nowMilliseconds: ports.clock.now(),
  };
}
