import { createHash } from 'node:crypto';
import type { ControlVerb } from '../core/model/operator-requests.ts';
import type { StepAction } from '../core/model/statuses.ts';

/** What a word is about that is not said to one deployment. */
export const wholeTarget = 'target';

/** Keys of the ledger below the state bucket. */
export const keys = {
  state: (service: string) => `rollgate/${service}/state.json`,
  serviceConfig: (service: string) => `rollgate/${service}/service.json`,
  convergence: (service: string) => `rollgate/${service}/convergence.json`,
  allControls: (service: string) => `rollgate/${service}/control/`,
  /** Words about a deployment, or about `target`: one prefix per verb, so that IAM can tell who may say it. */
  controls: (service: string, verb: ControlVerb, about: string) => `rollgate/${service}/control/${verb}/${about}/`,
  /** Named by its instant and its content: words sort by time, and none takes the place of another. */
  control: (service: string, verb: ControlVerb, about: string, word: { readonly at: string }) =>
    `${keys.controls(service, verb, about)}${word.at.replace(/[^0-9A-Za-z]/g, '')}-${createHash('sha256')
      .update(JSON.stringify(word))
      .digest('hex')
      .slice(0, 8)}.json`,
  releases: (service: string) => `rollgate/${service}/releases/`,
  manifest: (service: string, release: number) => `rollgate/${service}/releases/${release}.json`,
  zip: (service: string, release: number) => `rollgate/${service}/releases/${release}.zip`,
  /** Which release has this content: an index, so that the same content is never numbered twice. */
  content: (service: string, contentSha256: string) => `rollgate/${service}/contents/${contentSha256}.json`,
  packages: (service: string, requirementsSha256: string) => `rollgate/${service}/packages/${requirementsSha256}.txt`,
  deployments: (service: string) => `rollgate/${service}/deployments/`,
  deployment: (service: string, deploymentId: string) => `rollgate/${service}/deployments/${deploymentId}/`,
  request: (service: string, deploymentId: string) => `${keys.deployment(service, deploymentId)}request.json`,
  /** The release that a converge resolved when it had the lock. */
  resolvedRelease: (service: string, deploymentId: string) => `${keys.deployment(service, deploymentId)}release.json`,
  plan: (service: string, deploymentId: string) => `${keys.deployment(service, deploymentId)}plan.json`,
  decision: (service: string, deploymentId: string, round: number) =>
    `${keys.deployment(service, deploymentId)}decisions/${String(round).padStart(5, '0')}.json`,
  outcome: (service: string, deploymentId: string) => `${keys.deployment(service, deploymentId)}outcome.json`,
  hosts: (service: string, deploymentId: string) => `${keys.deployment(service, deploymentId)}hosts/`,
  step: (service: string, deploymentId: string, instanceId: string, action: StepAction, attempt: number) =>
    `${keys.hosts(service, deploymentId)}${instanceId}/${action}-${attempt}`,
  stepError: (service: string, deploymentId: string, { instanceId, round }: { instanceId: string; round: number }) =>
    `${keys.hosts(service, deploymentId)}${instanceId}/round-${String(round).padStart(5, '0')}.error.json`,
  parkedTasks: 'rollgate/parked/',
  parked: (name: string) => `${keys.parkedTasks}${createHash('sha256').update(name).digest('hex').slice(0, 40)}.json`,
} as const;

/** Where deployment ids sort by time: `d-20261122-204500-1a2b3c`. */
export function deploymentIdOf(executionArn: string, startedAt: string): string {
  const stamp = new Date(startedAt).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `d-${stamp}-${createHash('sha256').update(executionArn).digest('hex').slice(0, 6)}`;
}
