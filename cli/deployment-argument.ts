import { isSpelled, patterns } from '../core/model/patterns.ts';
import { CliError } from './cli-error.ts';

/** The deployment id that a person typed, if any. Throws CliError before anything is read where it is none. */
export function deploymentArgument(text: string | undefined): string | undefined {
  if (text !== undefined && !isSpelled(patterns.deploymentId, text)) {
    throw new CliError(
      `deployment: ${JSON.stringify(text)} is not the id of a deployment, such as d-20261122-204500-1a2b3c`,
      'rollgate history',
      2,
    );
  }
  return text;
}
