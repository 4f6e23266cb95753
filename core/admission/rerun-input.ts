import type { AdmittedDeployment } from '../model/deployment-records.ts';
import { InvalidDeploymentError } from '../model/errors.ts';
import { releaseName } from '../model/release-manifest.ts';

/**
 * The input of a new execution that asks for the same as an earlier deployment did.
 *
 * | earlier input              | again                              |
 * |----------------------------|------------------------------------|
 * | `{}`, `{"release": "v41"}` | the same                           |
 * | `{"configOnly": true}`     | the same                           |
 * | `{"upload": "abc"}`        | `{"versionId": "abc"}`             |
 * | `{"rollback": true}`       | `{"rollback": true, "release": …}` |
 * | `{"resume": …}`, `{"retry": …}` | `{"release": …}`              |
 * | the same, of a rollback    | `{"rollback": true, "release": …}` |
 *
 * `throughFreeze` is not repeated: whoever runs a rollback again decides that anew.
 * An upload is asked for by a person this time, and a rollback names what it resolved to: it never goes back two.
 * Throws InvalidDeploymentError for what Rollgate alone asks for.
 */
export function rerunInput(admitted: AdmittedDeployment): Readonly<Record<string, unknown>> {
  const { request } = admitted;
  const release = releaseName(admitted.release.number);
  const scope = {
    ...('hosts' in request && request.hosts !== undefined ? { hosts: request.hosts } : {}),
    ...('isDryRun' in request && request.isDryRun ? { dryRun: true } : {}),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
  };
  switch (request.kind) {
    case 'newest':
      return scope;
    case 'release':
      return { release: releaseName(request.release), ...scope };
    case 'version':
    case 'upload':
      return { versionId: request.versionId, ...scope };
    case 'config':
      return { configOnly: true, ...scope };
    case 'rollback':
      return { rollback: true, release, ...scope };
    case 'resume':
    case 'retry':
      return admitted.isRollback ? { rollback: true, release, ...scope } : { release, ...scope };
    case 'converge':
      return { release, ...scope };
    case 'repair':
    case 'continue':
      throw new InvalidDeploymentError(
        `${admitted.deploymentId}: a ${request.kind} is Rollgate's own work and can not be asked for again; rerun the deployment it belongs to`,
      );
  }
}
