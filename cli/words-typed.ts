import { isSpelled, patterns } from '../core/model/patterns.ts';
import { CliError } from './cli-error.ts';

/** A host, a deployment or both, in any order: nobody has to remember it. Throws CliError where one is there twice. */
export function hostAndDeployment(
  verb: string,
  typed: readonly (string | undefined)[],
): { readonly host: string | undefined; readonly deploymentId: string | undefined } {
  const words = typed.filter((word) => word !== undefined);
  const isId = (word: string): boolean => isSpelled(patterns.deploymentId, word);
  const [host, secondHost] = words.filter((word) => !isId(word));
  const [deploymentId, secondId] = words.filter(isId);
  if (secondHost !== undefined || secondId !== undefined) {
    throw new CliError(`${verb}: takes one host and one deployment`, `rollgate ${verb} --help`, 2);
  }
  return { host, deploymentId };
}
