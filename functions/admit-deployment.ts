import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { parseExecutionInput } from '../core/admission/execution-input.ts';
import { configWarnings } from '../core/config/warnings.ts';
import { queueEntryOf, withEntry } from '../core/lock/acquire-lock.ts';
import { withUpload } from '../core/lock/upload-order.ts';
import type { AdmittedDeployment } from '../core/model/deployment-records.ts';
import { DeploymentLockedError, InvalidDeploymentError } from '../core/model/errors.ts';
import { stableIdentity, type UploadMark } from '../core/model/target-state.ts';
import { frozenSentence } from '../core/operator/freeze.ts';
import { readServiceConfig } from '../ledger/config/service-config.ts';
import { findAlarms } from '../ledger/find-alarms.ts';
import { findConverging, findTarget } from '../ledger/find-target.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { changeState, readState } from '../ledger/lock/target-state.ts';
import { writeControl } from '../ledger/operator/requests.ts';
import { readAdmitted, readOutcome, writeAdmitted } from '../ledger/rollout/deployments.ts';
import { checkZip } from './admission/check-zip.ts';
import { keepRefusedUpload } from './admission/keep-refused-upload.ts';
import { isOfRollback, type OwnRequest, originOf, releaseOf } from './admission/origin.ts';
import { toHandler } from './runtime/handler.ts';
import { wakePause, wakeSuperseded } from './waiting/wake.ts';

const inputSchema = z.object({ executionArn: z.string(), startedAt: z.string(), input: z.unknown() });

export type AdmitInput = z.output<typeof inputSchema>;

/** What the machine goes on with; `next` is compared by its Choice. */
export interface Admission {
  readonly deploymentId: string;
  readonly purpose: 'rollout' | 'repair' | 'continue';
  readonly next: 'queue' | 'plan' | 'finish';
}

/**
 * Validates the input, checks the artifact and numbers the release before anything waits or is locked: what is invalid
 * gets no number, supersedes nothing and waits for no lock. Throws InvalidDeploymentError and DeploymentLockedError.
 */
export async function run({ executionArn, startedAt, input }: AdmitInput, ports: Ports): Promise<Admission> {
  const request = parseExecutionInput(input);
  if (request.kind === 'repair' || request.kind === 'continue') {
    if ((await readAdmitted(ports, request.deploymentId)) === undefined) {
      throw new InvalidDeploymentError(
        `${request.kind}: there is no deployment ${request.deploymentId}; see rollgate history`,
      );
    }
    const outcome = await readOutcome(ports, request.deploymentId);
    const isHeld = (await readState(ports)).lock?.deploymentId === request.deploymentId;
    const next = outcome !== undefined && !isHeld ? 'finish' : 'queue';
    return { deploymentId: request.deploymentId, purpose: request.kind, next };
  }
  const deploymentId = deploymentIdOf(executionArn, startedAt);
  const known = await readAdmitted(ports, deploymentId);
  if (known !== undefined && (await readOutcome(ports, deploymentId)) !== undefined) {
    return { deploymentId, purpose: 'rollout', next: 'finish' };
  }
  const admitted = known ?? (await admit(request, { deploymentId, executionArn }, ports));
  if (!admitted.isDryRun) {
    await haltRunning(admitted, ports);
    await enqueue(admitted, ports);
  }
  return { deploymentId, purpose: 'rollout', next: admitted.isDryRun ? 'plan' : 'queue' };
}

async function admit(
  request: OwnRequest,
  ids: { readonly deploymentId: string; readonly executionArn: string },
  ports: Ports,
): Promise<AdmittedDeployment> {
  const config = await readServiceConfig(ports);
  const state = await readState(ports);
  const isThroughFreeze = request.kind === 'rollback' && request.isThroughFreeze === true;
  if (state.freeze !== null && !isThroughFreeze) {
    await keepRefusedUpload(request, ids.deploymentId, ports);
    throw new DeploymentLockedError(frozenSentence(state.freeze, request.kind === 'rollback'));
  }
  const origin = await originOf(request, state, ports);
  const isRollback = isOfRollback(origin);
  await (request.kind === 'converge'
    ? findConverging(ports, config, request.hosts)
    : findTarget(ports, config, 'hosts' in request ? request.hosts : undefined, { isRollback }));
  if (!isRollback && request.kind !== 'converge') {
    await findAlarms(ports, config);
  }
  const release = await releaseOf(origin, config, state, ports);
  const zipWarnings = await checkZip(origin, request.kind, release.manifest, ports);
  return writeAdmitted(ports, {
    ...ids,
    trigger: request.kind === 'upload' || request.kind === 'converge' ? request.kind : 'person',
    request,
    by: request.by ?? (request.kind === 'upload' ? 'upload' : 'unknown (see CloudTrail)'),
    admittedAt: new Date(ports.clock.now()).toISOString(),
    isDryRun: 'isDryRun' in request && request.isDryRun,
    isRollback,
    ...(state.freeze === null ? {} : { throughFreeze: state.freeze }),
    ...(origin.kind === 'rollback' && origin.halts !== null ? { halts: origin.halts } : {}),
    release: {
      number: release.manifest.number,
      releaseId: release.manifest.releaseId,
      manifestSha256: release.manifestSha256,
      versionId: release.manifest.artifact.versionId,
    },
    ...(release.upload === undefined ? {} : { upload: release.upload }),
    stable: stableIdentity(state),
    warnings: [...configWarnings(config), ...zipWarnings],
  });
}

/** `{"rollback": true}` while a rollout runs means: halt it and revert it. */
async function haltRunning({ halts, deploymentId, by, admittedAt }: AdmittedDeployment, ports: Ports): Promise<void> {
  if (halts !== undefined) {
    await writeControl(ports, 'halt', halts, { by, at: admittedAt, reason: `rollback asked for by ${deploymentId}` });
    await wakePause(ports, halts);
  }
}

/**
 * Waits in the queue from here on; the version that was asked for becomes the newest upload if it is newer than that.
 * Uploads whose place a rollback takes are woken, so that they end.
 */
async function enqueue(admitted: AdmittedDeployment, ports: Ports): Promise<void> {
  const { deploymentId, upload } = admitted;
  const order = upload === undefined ? [] : (await ports.artifacts.versions()).map((version) => version.versionId);
  const { queue } = await changeState(ports, (state) => {
    const queued = withEntry(state, queueEntryOf(admitted));
    return upload === undefined ? queued : withUpload(queued, { ...upload, ...askerOf(admitted) }, order);
  });
  for (const entry of queue.filter(({ supersededBy }) => supersededBy === deploymentId)) {
    await wakeSuperseded(ports, entry, deploymentId);
  }
}

/** How the mark of the newest upload names this deployment. */
function askerOf({ deploymentId, by, request }: AdmittedDeployment): Omit<UploadMark, 'versionId'> {
  const isPartial = 'hosts' in request && request.hosts !== undefined;
  return { deploymentId, ...(request.kind === 'upload' ? {} : { by }), ...(isPartial ? { isPartial } : {}) };
}

export const handler = toHandler('admit-deployment', inputSchema, run);
