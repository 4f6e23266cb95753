import { readState } from '../../../ledger/lock/target-state.ts';
import { readDecisions } from '../../../ledger/rollout/deployments.ts';
import { readSteps } from '../../../ledger/rollout/host-steps.ts';
import { isHealthy } from '../availability-probe.ts';
import { type LocalStage, on, until } from '../local-stage.ts';

/** A deployment that has begun: it holds the lock. */
export interface BegunDeployment {
  readonly executionArn: string;
  readonly deploymentId: string;
}

/** Starts one as a person does in the console. */
export async function begin(stage: LocalStage, input: unknown): Promise<BegunDeployment> {
  return untilBegun(stage, (await stage.start(input)).executionArn);
}

export async function untilBegun(stage: LocalStage, executionArn: string): Promise<BegunDeployment> {
  const lock = async () => (await readState(stage.engine.ports)).lock;
  await until(async () => (await lock())?.executionArn === executionArn, `the lock of ${executionArn}`);
  return { executionArn, deploymentId: (await lock())?.deploymentId ?? '' };
}

/** Until so many commands of this action are on their way to hosts. */
export async function untilSent(
  stage: LocalStage,
  { deploymentId }: BegunDeployment,
  action: string,
  count = 1,
): Promise<void> {
  await until(async () => {
    const steps = await readSteps(stage.engine.ports, deploymentId);
    return steps.filter((step) => step.intent.action === action && step.commandId !== null).length >= count;
  }, `${count} × ${action}`);
}

/** Until a first host has done this action. */
export async function untilDone(stage: LocalStage, { deploymentId }: BegunDeployment, action: string): Promise<void> {
  await until(async () => {
    const steps = await readSteps(stage.engine.ports, deploymentId);
    return steps.some((step) => step.intent.action === action && step.outcome?.status === 'done');
  }, `the end of ${action}`);
}

/** Until the deployment's last decision is to wait for a person, or to bake. */
export async function untilDecided(
  stage: LocalStage,
  { deploymentId }: BegunDeployment,
  kind: 'park' | 'bake',
): Promise<void> {
  const decisions = () => readDecisions(stage.engine.ports, deploymentId);
  await until(async () => (await decisions()).at(-1)?.decision.kind === kind, `the decision to ${kind}`);
}

/** `v1`, `v2`, …: what each host runs. */
export function runningReleases(stage: LocalStage): Promise<readonly string[]> {
  const name = /^releases\/(v\d+)-.*/;
  return Promise.all(stage.hosts.map(async (host) => (await on(host, 'readlink', '/app/current')).replace(name, '$1')));
}

export function serving(stage: LocalStage): Promise<readonly boolean[]> {
  return Promise.all(stage.hosts.map((host) => isHealthy(host.addresses[0] ?? '')));
}
