import type { HostCommand } from '../model/host-commands.ts';
import { isSpelled, patterns } from '../model/patterns.ts';
import { deliverySeconds, parameterProblems } from './build-host-command.ts';

export interface InspectFacts {
  readonly instanceId: string;
  readonly service: string;
  readonly region: string;
  /** Tells this look from others. */
  readonly id: string;
  readonly document: { readonly version: string; readonly hash: string };
}

/** Seconds for an inspection: it hashes the code of a release and its virtualenv. */
export const answerSecondsOfInspect = 120;

/**
 * The command by which a person looks at a host; it has no key and no fence, since it is no step of a deployment. Throws
 * TypeError where a parameter is not as the document allows.
 */
export function buildInspectCommand({ instanceId, service, region, id, document }: InspectFacts): HostCommand {
  const parameters = { service, region };
  const problems = parameterProblems('inspect', parameters);
  if (!isSpelled(patterns.instanceId, instanceId)) {
    problems.unshift(`instanceId ${JSON.stringify(instanceId)} is no instance id`);
  }
  if (problems.length > 0) {
    throw new TypeError(`inspect: ${problems.join('; ')}`);
  }
  return {
    instanceId,
    document: 'inspect',
    documentVersion: document.version,
    documentHash: document.hash,
    comment: `rollgate inspect ${id}`.slice(0, 100),
    parameters,
    deliverySeconds,
  };
}
