import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import type { ChosenTarget } from '../core/admission/choose-target.ts';
import { hostsToRetry } from '../core/admission/hosts-to-retry.ts';
import { planBalancer, targetGroupOf } from '../core/balancer/plan-balancer.ts';
import { secondsPerHost } from '../core/config/progress-deadline.ts';
import type { Convergence } from '../core/model/convergence.ts';
import type { AdmittedDeployment } from '../core/model/deployment-records.ts';
import { InvalidDeploymentError } from '../core/model/errors.ts';
import type { PlannedBalancer } from '../core/model/planned-balancer.ts';
import { type RolloutConfig, type ServiceConfig, targetTags } from '../core/model/service-config.ts';
import { stableIdentity, stableRelease, type TargetState } from '../core/model/target-state.ts';
import { alarmsOfStage, firingAlarms, haveAlarmsASay } from '../core/rollout/decide/alarms.ts';
import { asksBeforeStaging } from '../core/rollout/decide/approval.ts';
import { readServiceConfig } from '../ledger/config/service-config.ts';
import { readConvergence } from '../ledger/converge/convergence.ts';
import { findConverging, findTarget } from '../ledger/find-target.ts';
import { readState, requireLock } from '../ledger/lock/target-state.ts';
import { readRelease } from '../ledger/release/releases.ts';
import { readAdmitted, readOutcome, writePlan, writeResolvedRelease } from '../ledger/rollout/deployments.ts';
import { lookAtAlarms } from './alarms/look-at-alarms.ts';
import { toHandler } from './runtime/handler.ts';

const inputSchema = z.object({
  executionArn: z.string(),
  state: z.object({ deploymentId: z.string(), fence: z.number().optional() }),
});

/** What Stage goes on with. */
export interface Planned {
  readonly deploymentId: string;
  readonly fence: number;
  readonly round: number;
  /** Instance ids to stage; none in a dry run, nor where a person approves before. */
  readonly hosts: readonly string[];
}

/**
 * Reads the tagged hosts once, applies the policy for offline hosts, and pins the versions of the documents for this
 * deployment. Throws InvalidDeploymentError where the target is not as it must be, and LockLostError.
 */
export async function run({ executionArn, state }: z.output<typeof inputSchema>, ports: Ports): Promise<Planned> {
  const { deploymentId } = state;
  const admitted = await readAdmitted(ports, deploymentId);
  if (admitted === undefined) {
    throw new InvalidDeploymentError(`${deploymentId} was never admitted; start a new execution`);
  }
  const current = await readState(ports);
  if (!admitted.isDryRun) {
    requireLock(current, { deploymentId, executionArn });
    await resolveRelease(admitted, current, ports);
  }
  const config = await readServiceConfig(ports);
  const target = await targetOf(admitted, config, ports);
  const loadBalancer = await balancerOf(config, target, ports);
  const policy = policyOf(admitted, config, target.hosts.length, ports.stage.name);
  const isStagedLater = !admitted.isDryRun && (await mustStageWait(admitted, policy, ports));
  const plan = await writePlan(ports, deploymentId, {
    ...target,
    namedHosts: await namedHosts(admitted, ports),
    stable: stableIdentity(current),
    ...(current.lock?.deploymentId === deploymentId && current.lock.supersedes !== undefined
      ? { supersedes: current.lock.supersedes }
      : {}),
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    policy,
    ...(isStagedLater ? { isStagedLater } : {}),
    secondsPerHost: secondsPerHost(config),
    documents: await ports.commands.documents(),
    plannedAt: new Date(ports.clock.now()).toISOString(),
  });
  const hosts = admitted.isDryRun || plan.isStagedLater ? [] : plan.hosts.map((host) => host.instanceId);
  return { deploymentId, fence: state.fence ?? 0, round: 0, hosts };
}

/**
 * A converge gets the release that is stable now that it has the lock, not the one of its admission: while it waited, a
 * rollout may have succeeded or a rollback gone back.
 */
async function resolveRelease(
  { deploymentId, request }: AdmittedDeployment,
  state: TargetState,
  ports: Ports,
): Promise<void> {
  const stable = stableRelease(state);
  if (request.kind !== 'converge' || stable === undefined) {
    return;
  }
  const { manifest, manifestSha256 } = await readRelease(ports, stable.release);
  const { number, releaseId, artifact } = manifest;
  await writeResolvedRelease(ports, deploymentId, {
    release: { number, releaseId, manifestSha256, versionId: artifact.versionId },
    stable: { number, releaseId },
  });
}

async function targetOf(admitted: AdmittedDeployment, config: ServiceConfig, ports: Ports): Promise<ChosenTarget> {
  const { seen } = await readConvergence(ports);
  if (admitted.request.kind === 'converge') {
    return findConverging(ports, config, admitted.request.hosts, { seen });
  }
  const hosts = await requestedHosts(admitted, ports);
  const target = await findTarget(ports, config, hosts, { seen, isRollback: admitted.isRollback });
  return completed(target, admitted, { seen, config }, ports);
}

/** A retry of some hosts is one of the whole target where all others were last seen on the release, and right. */
async function completed(
  target: ChosenTarget,
  { request, release }: AdmittedDeployment,
  { seen, config }: { readonly seen: Convergence['seen']; readonly config: ServiceConfig },
  ports: Ports,
): Promise<ChosenTarget> {
  if (request.kind !== 'retry' || target.isWholeTarget) {
    return target;
  }
  const all = await ports.inventory.hosts(targetTags(config, ports.stage.name));
  const own = new Set([...target.hosts, ...target.skipped].map((host) => host.instanceId));
  const isThere = ({ instanceId }: { readonly instanceId: string }): boolean =>
    seen[instanceId]?.isRight === true && seen[instanceId].running === release.releaseId;
  return { ...target, isWholeTarget: all.every((host) => own.has(host.instanceId) || isThere(host)) };
}

/** Throws InvalidDeploymentError where the target group is none that hosts could stand in. */
async function balancerOf(
  config: ServiceConfig,
  { hosts }: ChosenTarget,
  ports: Ports,
): Promise<PlannedBalancer | undefined> {
  const { loadBalancer, health } = config;
  if (loadBalancer === undefined) {
    return undefined;
  }
  const { name: stageName } = ports.stage;
  const group = await ports.balancer.targetGroup(targetGroupOf(loadBalancer, stageName));
  const targets = group === undefined ? undefined : await ports.balancer.targets(group.arn);
  const found = group === undefined || targets === undefined ? undefined : { ...group, targets };
  return planBalancer({ config: { loadBalancer, health }, stageName, group: found, hosts });
}

/** Nothing is sent to a host before a person has approved it, nor while an alarm is in ALARM: the next decision says which. */
async function mustStageWait(admitted: AdmittedDeployment, policy: RolloutConfig, ports: Ports): Promise<boolean> {
  if (asksBeforeStaging(admitted, policy.approval)) {
    return true;
  }
  const asked = haveAlarmsASay(admitted) ? policy.alarms : [];
  return firingAlarms(await lookAtAlarms(ports, asked)).length > 0;
}

/**
 * Hosts that are converged together have nothing to do with each other: one that fails or hangs does not turn the others
 * back. Nor does a host that hangs end a rollback before its deadline.
 */
function policyOf(
  { request, isRollback }: AdmittedDeployment,
  config: ServiceConfig,
  hosts: number,
  stageName: string,
): RolloutConfig {
  const rollout = { ...config.rollout, alarms: alarmsOfStage(config.rollout.alarms, stageName) };
  const progressDeadlineSeconds = rollout.deadlineSeconds;
  if (request.kind === 'converge') {
    return { ...rollout, maxFailedHosts: hosts, progressDeadlineSeconds };
  }
  return isRollback ? { ...rollout, progressDeadlineSeconds } : rollout;
}

/**
 * The hosts that the request goes to; undefined for the whole target. A resume goes to the hosts of the deployment that it
 * resumes, all of them: those that run the release already are only verified, and `stable` moves when all passed. A retry
 * goes to those that failed.
 */
async function requestedHosts({ request }: AdmittedDeployment, ports: Ports): Promise<readonly string[] | undefined> {
  if (request.kind === 'retry') {
    const outcome = await readOutcome(ports, request.deploymentId);
    return outcome === undefined ? undefined : hostsToRetry(outcome);
  }
  if (request.kind !== 'resume') {
    return 'hosts' in request ? request.hosts : undefined;
  }
  const resumed = await readAdmitted(ports, request.deploymentId);
  return resumed === undefined ? undefined : requestedHosts(resumed, ports);
}

/** The hosts that a person typed, in this request or in the one that it resumes or retries; none for a converge. */
async function namedHosts({ request }: AdmittedDeployment, ports: Ports): Promise<readonly string[]> {
  if (request.kind === 'resume' || request.kind === 'retry') {
    const earlier = await readAdmitted(ports, request.deploymentId);
    return earlier === undefined ? [] : namedHosts(earlier, ports);
  }
  return request.kind !== 'converge' && 'hosts' in request ? (request.hosts ?? []) : [];
}

export const handler = toHandler('plan-rollout', inputSchema, run);
