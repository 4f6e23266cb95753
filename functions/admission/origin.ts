import type { Ports } from '../../clients/ports.ts';
import { type RollbackTarget, resolveRollback } from '../../core/admission/resolve-rollback.ts';
import type { AdmittedDeployment } from '../../core/model/deployment-records.ts';
import type { DeploymentRequest } from '../../core/model/deployment-request.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';
import { stableRelease, type TargetState } from '../../core/model/target-state.ts';
import { withinTarget } from '../../ledger/find-target.ts';
import { readRelease } from '../../ledger/release/releases.ts';
import { earlierDeployment } from './earlier-deployment.ts';
import { makeRelease, type RequestedRelease } from './make-release.ts';
import { reconfigureStable } from './reconfigure-stable.ts';

/** A request for a deployment of its own. */
export type OwnRequest = Exclude<DeploymentRequest, { readonly kind: 'repair' | 'continue' }>;

/** What a request means by the release that it asks for. */
export type Origin =
  | ({ readonly kind: 'rollback' } & RollbackTarget)
  /** `resume` and `retry`: the release of an earlier deployment. */
  | { readonly kind: 'earlier'; readonly deployment: AdmittedDeployment }
  | {
      readonly kind: 'request';
      readonly request: Exclude<OwnRequest, { readonly kind: 'rollback' | 'resume' | 'retry' }>;
    };

/** Resolves the request once, against one reading of the state. Throws InvalidDeploymentError. */
export async function originOf(request: OwnRequest, state: TargetState, ports: Ports): Promise<Origin> {
  switch (request.kind) {
    case 'rollback':
      return { kind: 'rollback', ...resolveRollback(await withinTarget(ports, state), request.release) };
    case 'resume':
    case 'retry':
      return { kind: 'earlier', deployment: await earlierDeployment(request, ports) };
    default:
      return { kind: 'request', request };
  }
}

/** A deployment that goes on with a rollback is that rollback. */
export function isOfRollback(origin: Origin): boolean {
  return origin.kind === 'rollback' || (origin.kind === 'earlier' && origin.deployment.isRollback);
}

/** The release itself; made and numbered if it is a new one. Throws InvalidDeploymentError. */
export async function releaseOf(
  origin: Origin,
  config: ServiceConfig,
  state: TargetState,
  ports: Ports,
): Promise<RequestedRelease> {
  switch (origin.kind) {
    case 'rollback':
      return readRelease(ports, origin.release);
    case 'earlier':
      return readRelease(ports, origin.deployment.release.number);
    case 'request':
      return requestedRelease(origin.request, config, state, ports);
  }
}

async function requestedRelease(
  request: Extract<Origin, { readonly kind: 'request' }>['request'],
  config: ServiceConfig,
  state: TargetState,
  ports: Ports,
): Promise<RequestedRelease> {
  switch (request.kind) {
    case 'release':
      return readRelease(ports, request.release);
    case 'converge': {
      const stable = stableRelease(state);
      if (stable === undefined) {
        throw new InvalidDeploymentError('converge: no release has succeeded on the whole target yet');
      }
      return readRelease(ports, stable.release);
    }
    case 'newest':
    case 'version':
    case 'upload':
      return makeRelease(request, config, ports);
    case 'config':
      return reconfigureStable(request, config, state, ports);
  }
}
