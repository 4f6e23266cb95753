import { unknownKey } from '../config/problems.ts';
import type { DeploymentRequest, RequestNotes, RequestScope } from '../model/deployment-request.ts';
import { InvalidDeploymentError } from '../model/errors.ts';
import { isSpelled, patterns } from '../model/patterns.ts';
import { releaseNumber } from '../model/release-manifest.ts';

/** The keys that a person may type. */
export const humanKeys = [
  'release',
  'versionId',
  'rollback',
  'throughFreeze',
  'configOnly',
  'hosts',
  'dryRun',
  'resume',
  'retry',
  'reason',
  'by',
] as const;

/** The keys that Rollgate itself writes. */
export const machineKeys = ['upload', 'repair', 'continue', 'converge'] as const;

/** Letters of `reason` and `by`. */
const maxNoteLength = 256;

/** Hosts that one request may name: 22 kB of the 256 KiB that an input may have. */
export const maxNamedHosts = 1000;

type Input = Readonly<Record<string, unknown>>;

/** Throws InvalidDeploymentError with all problems, each `key: sentence`, contradictions included. */
export function parseExecutionInput(value: unknown): DeploymentRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidDeploymentError('input: must be a JSON object, such as {} or {"release": "v41"}');
  }
  const input: Input = { ...value };
  const problems = [...unknownKeys(input), ...wrongValues(input), ...contradictions(input)];
  if (problems.length > 0) {
    throw new InvalidDeploymentError(problems);
  }
  return requestOf(input);
}

function unknownKeys(input: Input): string[] {
  const known: readonly string[] = [...humanKeys, ...machineKeys];
  return Object.keys(input)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: ${unknownKey(key, humanKeys)}`);
}

const deploymentIdSentence = 'must be the id of a deployment, such as "d-20261122-204500-1a2b3c"';

const versionIdSentence = 'must be the version id of an upload';

const hostsSentence = 'must be a list of 1 to 1000 instance ids, such as ["i-0a1b2c3d4e5f60718"]';

const noteSentence = `must be a text of 1 to ${maxNoteLength} characters without line breaks`;

const checks: Readonly<Record<string, readonly [isRight: (value: unknown) => boolean, sentence: string]>> = {
  release: [
    (value) => typeof value === 'string' && isSpelled(patterns.release, value),
    'must be the name of a release in quotes, such as "v41"',
  ],
  versionId: [isVersionId, versionIdSentence],
  rollback: [(value) => value === true, 'must be true, or left out'],
  throughFreeze: [(value) => value === true, 'must be true, or left out'],
  configOnly: [(value) => value === true, 'must be true, or left out'],
  dryRun: [(value) => typeof value === 'boolean', 'must be true or false'],
  hosts: [isHostList, hostsSentence],
  resume: [isDeploymentId, deploymentIdSentence],
  retry: [isDeploymentId, deploymentIdSentence],
  reason: [isNote, noteSentence],
  by: [isNote, noteSentence],
  upload: [isVersionId, versionIdSentence],
  repair: [isDeploymentId, deploymentIdSentence],
  continue: [isDeploymentId, deploymentIdSentence],
  converge: [isHostList, hostsSentence],
};

function wrongValues(input: Input): string[] {
  return Object.entries(checks).flatMap(([key, [isRight, sentence]]) => {
    if (!(key in input) || isRight(input[key])) {
      return [];
    }
    if (key === 'release' && input[key] === 'v0') {
      return ['release: v0 is what ran before Rollgate and can not be deployed; a revert alone brings it back'];
    }
    return [`${key}: ${sentence}`];
  });
}

function isVersionId(value: unknown): boolean {
  return typeof value === 'string' && /^[!-~]{1,1024}$/.test(value);
}

function isDeploymentId(value: unknown): boolean {
  return typeof value === 'string' && isSpelled(patterns.deploymentId, value);
}

function isHostList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= maxNamedHosts &&
    value.every((id) => typeof id === 'string' && isSpelled(patterns.instanceId, id))
  );
}

function isNote(value: unknown): boolean {
  return typeof value === 'string' && /^[^\p{Cc}\u2028\u2029]{1,256}$/u.test(value);
}

/** The keys that go with each key that says what to do; `reason` and `by` go with all. */
const companions: Readonly<Record<string, readonly string[]>> = {
  release: ['rollback', 'throughFreeze', 'hosts', 'dryRun'],
  versionId: ['hosts', 'dryRun'],
  rollback: ['release', 'throughFreeze', 'dryRun'],
  throughFreeze: ['rollback', 'release', 'dryRun'],
  configOnly: ['hosts', 'dryRun'],
  resume: [],
  retry: [],
  upload: [],
  repair: [],
  continue: [],
  converge: [],
};

const whyNot: Readonly<Record<string, string>> = {
  'release+versionId': 'both name what to deploy; give one of them',
  'release+configOnly': 'a release holds its configuration; give one of them',
  'versionId+configOnly':
    'configOnly takes the artifact of the stable release; a versionId alone is deployed with the configuration in force',
  'rollback+configOnly': 'a rollback brings the earlier configuration back as well; give one of them',
  'versionId+rollback': 'a rollback goes to a release, not to an upload; name it with release, or leave versionId out',
  'rollback+hosts': 'a rollback is for the whole target; to put a release on single hosts, give release and hosts',
};

function contradictions(input: Input): string[] {
  const given = [...humanKeys, ...machineKeys].filter((key) => key in input && key !== 'reason' && key !== 'by');
  const isAlone = 'throughFreeze' in input && !('rollback' in input);
  const alone = isAlone ? ['throughFreeze: a frozen target takes rollbacks alone; give rollback with it'] : [];
  const pairs = given.flatMap((left, index) =>
    given.slice(index + 1).flatMap((right) => {
      const goTogether = allows(left, right) && allows(right, left);
      if (goTogether) {
        return [];
      }
      const leader = left in companions ? left : right;
      const why = whyNot[`${left}+${right}`] ?? `${leader} goes with ${partnersOf(leader)}`;
      return [`${left} and ${right}: ${why}`];
    }),
  );
  return [...alone, ...pairs];
}

function allows(key: string, other: string): boolean {
  return companions[key]?.includes(other) ?? true;
}

function partnersOf(key: string): string {
  return `nothing but ${[...(companions[key] ?? []), 'reason', 'by'].join(', ')}`;
}

/** Only called with an input whose values were all found right. */
function requestOf(input: Input): DeploymentRequest {
  const text = (key: string): string => String(input[key]);
  const notes: RequestNotes = {
    ...('reason' in input ? { reason: text('reason') } : {}),
    ...('by' in input ? { by: text('by') } : {}),
  };
  const isDryRun = input['dryRun'] === true;
  const scope: RequestScope = { ...notes, ...('hosts' in input ? { hosts: idsOf(input['hosts']) } : {}), isDryRun };
  const release = releaseNumber(text('release'));
  if ('rollback' in input) {
    const isThroughFreeze = 'throughFreeze' in input ? ({ isThroughFreeze: true } as const) : {};
    return { kind: 'rollback', ...notes, ...(release === undefined ? {} : { release }), ...isThroughFreeze, isDryRun };
  }
  if (release !== undefined) {
    return { kind: 'release', release, ...scope };
  }
  if ('versionId' in input) {
    return { kind: 'version', versionId: text('versionId'), ...scope };
  }
  if ('configOnly' in input) {
    return { kind: 'config', ...scope };
  }
  if ('upload' in input) {
    return { kind: 'upload', versionId: text('upload'), ...notes };
  }
  if ('converge' in input) {
    return { kind: 'converge', hosts: idsOf(input['converge']), ...notes };
  }
  for (const kind of ['resume', 'retry', 'repair', 'continue'] as const) {
    if (kind in input) {
      return { kind, deploymentId: text(kind), ...notes };
    }
  }
  return { kind: 'newest', ...scope };
}

/** Each id once, in order, so that the same request typed in another order is the same. */
function idsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.map(String))].sort() : [];
}
