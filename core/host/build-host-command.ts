import { sha256Hex } from '../model/canonical-json.ts';
import type { HostCommand, ParametersOf } from '../model/host-commands.ts';
import { isSpelled, patterns } from '../model/patterns.ts';
import type { HostConfiguration } from '../model/release-manifest.ts';
import { type DocumentKind, documentOfAction, type HostAction, type HostDocument } from '../model/statuses.ts';
import { parameterPatterns } from './parameter-patterns.ts';

/** Hex digits of a command's key: the Comment of a command holds 100 characters. */
const keyLength = 32;

/**
 * Seconds SSM may take to hand a command to the agent; 30 is the least that SendCommand takes. A host that has not picked
 * it up by then counts as not answering.
 */
export const deliverySeconds = 60;

/** Seconds for an install: it compiles uWSGI (57 s on three hosts at once) and may wait for a package lock. */
export const answerSecondsOfInstall = 1800;

/** Seconds beyond delivery and answer before a command counts as lost. */
export const lostAfterSeconds = 30;

/** Seconds for what a script does besides waiting for the service itself: start-up, evidence, a busy `flock`. */
const answerMarginSeconds = 60;

export interface CommandIdentity {
  readonly deploymentId: string;
  readonly action: HostAction;
  /** A release id, or `previous`; settle names none. */
  readonly releaseId: string | null;
  readonly instanceId: string;
  /** 1, 2, …: counted in the ledger; re-attaching never raises it. */
  readonly attempt: number;
}

/** The idempotency key of a command, 32 hex digits: the same step asked for again has the same key. */
export function idempotencyKey(identity: CommandIdentity): string {
  const { deploymentId, action, releaseId, instanceId, attempt } = identity;
  return sha256Hex([deploymentId, action, releaseId ?? '-', instanceId, String(attempt)].join('\n')).slice(
    0,
    keyLength,
  );
}

/** What `CancelCommand`, look-ups and people find a command by. */
function commentOf(key: string): string {
  return `rollgate ${key}`;
}

/**
 * Seconds from its delivery in which a step of a service with these waits has to answer: the ledger's deadline, past which
 * its command counts as lost. It stops nothing on the host; SSM ends a script at its document's own `timeoutSeconds`. Two
 * stops fit in, because activate stops the old unit and, on failure, its own.
 */
export function answerSecondsOf(action: HostAction, configuration: Pick<HostConfiguration, 'unit' | 'health'>): number {
  const document: DocumentKind = documentOfAction[action];
  switch (document) {
    case 'install':
      return answerSecondsOfInstall;
    case 'activate':
      return 2 * configuration.unit.stopSeconds + answerMarginSeconds;
    case 'verify':
      return configuration.health.deadlineSeconds + answerMarginSeconds;
    case 'settle':
      return answerMarginSeconds;
  }
}

export interface CommandFacts<A extends HostAction> {
  readonly action: A;
  readonly instanceId: string;
  readonly attempt: number;
  /** The document of the action as resolved when the deployment began. */
  readonly document: { readonly version: string; readonly hash: string };
  /** All that the document is told but the key, which is made here. */
  readonly parameters: Omit<ParametersOf<A>, 'key'>;
}

/**
 * The command for one step of one host. Throws TypeError where a parameter is not as the document allows, is missing or
 * is none of its own: such a command is a bug and must not reach a host.
 */
export function buildHostCommand<A extends HostAction>(facts: CommandFacts<A>): HostCommand {
  const document: DocumentKind = documentOfAction[facts.action];
  const given: Readonly<Record<string, unknown>> = { ...facts.parameters };
  const key = idempotencyKey({
    deploymentId: String(given['deploymentId']),
    action: facts.action,
    releaseId: typeof given['releaseId'] === 'string' ? given['releaseId'] : null,
    instanceId: facts.instanceId,
    attempt: facts.attempt,
  });
  const parameters = Object.fromEntries(
    Object.entries({ ...given, key }).map(([name, value]) => [name, String(value)] as const),
  );
  const problems = parameterProblems(document, parameters);
  if (!isSpelled(patterns.instanceId, facts.instanceId)) {
    problems.unshift(`instanceId ${JSON.stringify(facts.instanceId)} is no instance id`);
  }
  if (problems.length > 0) {
    throw new TypeError(`${facts.action}: ${problems.join('; ')}`);
  }
  return {
    instanceId: facts.instanceId,
    document,
    documentVersion: facts.document.version,
    documentHash: facts.document.hash,
    comment: commentOf(key),
    parameters,
    deliverySeconds,
  };
}

/** What is wrong with the parameters of a document; none where SSM will take them. */
export function parameterProblems(document: HostDocument, parameters: Readonly<Record<string, string>>): string[] {
  const allowed: Readonly<Record<string, string>> = parameterPatterns[document];
  const unknown = Object.keys(parameters).filter((name) => !Object.hasOwn(allowed, name));
  const wrong = Object.entries(allowed).flatMap(([name, pattern]) => {
    const value = parameters[name];
    if (value === undefined) {
      return [`${name} is missing`];
    }
    return isSpelled(pattern, value) ? [] : [`${name} ${JSON.stringify(value)} does not match ${pattern}`];
  });
  return [...unknown.map((name) => `${name} is no parameter of ${document}`), ...wrong];
}
