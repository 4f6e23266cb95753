import { createHash } from 'node:crypto';

/**
 * Names of executions. An execution is started at most once under a name, so the name is what makes a repeated event
 * harmless. Letters, digits and hyphens only: version ids hold dots, and CloudWatch logging takes no others.
 */
export const executionNames = {
  /** The same upload always has the same name: a repeated event starts nothing. */
  ofUpload: (bucket: string, key: string, versionId: string): string =>
    `upload-${hash(`${bucket}\n${key}\n${versionId}`)}`,
  /** One repair for each dead execution; another try where that repair itself died before it took over. */
  ofRepair: (deploymentId: string, deadExecutionArn: string, attempt: number): string =>
    `repair-${deploymentId}-${hash(deadExecutionArn).slice(0, 8)}${attempt === 1 ? '' : `-${attempt}`}`,
  /** The successor of a rollout that is too long for one history. */
  ofContinuation: (deploymentId: string, round: number): string => `continue-${deploymentId}-${round}`,
  /** A host that comes back, or is tried again, is another try: its execution has another name. */
  ofConverge: (
    tries: readonly { readonly instanceId: string; readonly since: string; readonly start: number }[],
  ): string =>
    `converge-${hash(tries.map(({ instanceId, since, start }) => `${instanceId} ${since} ${start}`).join('\n'))}`,
  /** What a person asks for: never the same twice. */
  ofPerson: (verb: string, unique: string): string => `${verb}-${hash(unique)}`,
} as const;

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
