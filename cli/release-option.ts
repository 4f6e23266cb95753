import { InvalidDeploymentError } from '../core/model/errors.ts';
import { releaseNumber } from '../core/model/release-manifest.ts';

/** The number of the release that an option names. Throws InvalidDeploymentError. */
export function releaseOption(option: string, name: string): number {
  const number = releaseNumber(name);
  if (number === 0) {
    throw new InvalidDeploymentError(
      `${option}: v0 is what ran before Rollgate and can not be deployed; a revert alone brings it back`,
    );
  }
  if (number === undefined) {
    throw new InvalidDeploymentError(`${option}: ${name} is not the name of a release, such as v41`);
  }
  return number;
}
