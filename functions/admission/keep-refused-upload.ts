import type { Ports } from '../../clients/ports.ts';
import { withRefusedUpload } from '../../core/lock/upload-order.ts';
import type { DeploymentRequest } from '../../core/model/deployment-request.ts';
import { changeState } from '../../ledger/lock/target-state.ts';

/** Keeps on record that a freeze refuses this upload. A person's request is not kept: whoever asked is told. */
export async function keepRefusedUpload(
  request: DeploymentRequest,
  deploymentId: string,
  ports: Pick<Ports, 'stage' | 'ledger' | 'clock' | 'artifacts'>,
): Promise<void> {
  if (request.kind !== 'upload') {
    return;
  }
  const versions = await ports.artifacts.versions();
  const version = versions.find((each) => each.versionId === request.versionId);
  if (version === undefined) {
    return;
  }
  const { versionId, uploadedAt } = version;
  const at = new Date(ports.clock.now()).toISOString();
  const order = versions.map((each) => each.versionId);
  await changeState(ports, (state) => withRefusedUpload(state, { versionId, uploadedAt, deploymentId, at }, order));
}
