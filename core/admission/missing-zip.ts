import type { AdmittedDeployment } from '../model/deployment-records.ts';
import type { DeploymentRequest } from '../model/deployment-request.ts';

/**
 * Whether what was asked for goes on where the zip of its release is not in the ledger any more. A rollback needs no
 * network, and a converge may find the release on the disk of the host.
 *
 * | asked for | the earlier deployment was | goes on |
 * |-----------|----------------------------|---------|
 * | release   |                            | no      |
 * | rollback  |                            | yes     |
 * | converge  |                            | yes     |
 * | resume    | a rollback                 | yes     |
 * | retry     | a rollback                 | yes     |
 * | resume    | a converge                 | yes     |
 * | resume    | another                    | no      |
 * | retry     | another                    | no      |
 */
export function mayLackZip(
  kind: DeploymentRequest['kind'],
  earlier: Pick<AdmittedDeployment, 'isRollback' | 'trigger'> | undefined,
): boolean {
  return kind === 'rollback' || kind === 'converge' || earlier?.isRollback === true || earlier?.trigger === 'converge';
}

/** What goes on without its zip has this in its record. `zipKey`: `rollgate/payment/releases/1.zip` */
export function missingZipWarning(release: string, zipKey: string): string {
  return `${missing(release, zipKey)}: a host that does not have ${release} on its disk fails in staging and is named`;
}

/** Why what needs its zip is refused, and what to type. */
export function missingZipProblem(kind: DeploymentRequest['kind'], release: string, zipKey: string): string {
  return (
    `${kind}: ${missing(release, zipKey)}, so a host could not download it; upload the same zip again, ` +
    `or go back to it with what the hosts still have on their disks: rollgate rollback --to ${release}`
  );
}

function missing(release: string, zipKey: string): string {
  return `the zip of ${release} is not in the ledger any more (${zipKey})`;
}
