import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { humanKeys, machineKeys, parseExecutionInput } from '../../../core/admission/execution-input.ts';
import type { DeploymentRequest } from '../../../core/model/deployment-request.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';

const host = 'i-0a1b2c3d4e5f60718';
const other = 'i-00000000';
const deployment = 'd-20261122-204500-1a2b3c';

function problemsOf(value: unknown): readonly string[] {
  try {
    parseExecutionInput(value);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('what a person may type', () => {
  const rows: readonly (readonly [unknown, DeploymentRequest])[] = [
    [{}, { kind: 'newest', isDryRun: false }],
    [{ release: 'v41' }, { kind: 'release', release: 41, isDryRun: false }],
    [
      { versionId: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY' },
      { kind: 'version', versionId: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY', isDryRun: false },
    ],
    [{ rollback: true }, { kind: 'rollback', isDryRun: false }],
    [
      { rollback: true, release: 'v3' },
      { kind: 'rollback', release: 3, isDryRun: false },
    ],
    [
      { rollback: true, throughFreeze: true, release: 'v3' },
      { kind: 'rollback', release: 3, isThroughFreeze: true, isDryRun: false },
    ],
    [{ configOnly: true }, { kind: 'config', isDryRun: false }],
    [
      { configOnly: true, hosts: [host], dryRun: true, reason: 'rotated' },
      { kind: 'config', hosts: [host], isDryRun: true, reason: 'rotated' },
    ],
    [
      { rollback: true, dryRun: true },
      { kind: 'rollback', isDryRun: true },
    ],
    [{ hosts: [host, other, host] }, { kind: 'newest', hosts: [other, host], isDryRun: false }],
    [
      { release: 'v41', hosts: [host] },
      { kind: 'release', release: 41, hosts: [host], isDryRun: false },
    ],
    [
      { versionId: 'null', hosts: [host] },
      { kind: 'version', versionId: 'null', hosts: [host], isDryRun: false },
    ],
    [{ dryRun: true }, { kind: 'newest', isDryRun: true }],
    [
      { dryRun: false, release: 'v1' },
      { kind: 'release', release: 1, isDryRun: false },
    ],
    [{ resume: deployment }, { kind: 'resume', deploymentId: deployment }],
    [
      { resume: deployment, reason: 'broker is back', by: 'ada' },
      { kind: 'resume', deploymentId: deployment, reason: 'broker is back', by: 'ada' },
    ],
    [
      { reason: 'weekly', by: 'ada' },
      { kind: 'newest', reason: 'weekly', by: 'ada', isDryRun: false },
    ],
  ];

  test.each(rows)('%j', (input, request) => {
    expect(parseExecutionInput(input)).toEqual(request);
  });
});

describe('what Rollgate itself writes', () => {
  const rows: readonly (readonly [unknown, DeploymentRequest])[] = [
    [{ upload: 'Tz.1' }, { kind: 'upload', versionId: 'Tz.1' }],
    [
      { repair: deployment, reason: 'its execution died' },
      { kind: 'repair', deploymentId: deployment, reason: 'its execution died' },
    ],
    [{ continue: deployment }, { kind: 'continue', deploymentId: deployment }],
    [{ converge: [host] }, { kind: 'converge', hosts: [host] }],
  ];

  test.each(rows)('%j', (input, request) => {
    expect(parseExecutionInput(input)).toEqual(request);
  });
});

describe('what is refused, with a sentence for each problem', () => {
  const known =
    'known here: release, versionId, rollback, throughFreeze, configOnly, hosts, dryRun, resume, retry, reason, by';
  const hostList = 'must be a list of 1 to 1000 instance ids, such as ["i-0a1b2c3d4e5f60718"]';
  const rows: readonly (readonly [unknown, readonly string[]])[] = [
    [null, ['input: must be a JSON object, such as {} or {"release": "v41"}']],
    ['{}', ['input: must be a JSON object, such as {} or {"release": "v41"}']],
    [[], ['input: must be a JSON object, such as {} or {"release": "v41"}']],
    [{ Comment: 'Insert your JSON here' }, [`Comment: unknown key; ${known}`]],
    [{ relase: 'v41' }, [`relase: unknown key, did you mean release?; ${known}`]],
    [{ 'dry-run': true }, [`dry-run: unknown key, did you mean dryRun?; ${known}`]],
    [{ release: 41 }, ['release: must be the name of a release in quotes, such as "v41"']],
    [{ release: 'v041' }, ['release: must be the name of a release in quotes, such as "v41"']],
    [{ release: 'v42-1a2b3c4d5e6f' }, ['release: must be the name of a release in quotes, such as "v41"']],
    [
      { release: 'v0' },
      ['release: v0 is what ran before Rollgate and can not be deployed; a revert alone brings it back'],
    ],
    [{ versionId: '' }, ['versionId: must be the version id of an upload']],
    [{ rollback: 'true' }, ['rollback: must be true, or left out']],
    [{ rollback: false }, ['rollback: must be true, or left out']],
    [{ configOnly: false }, ['configOnly: must be true, or left out']],
    [
      { configOnly: true, release: 'v1' },
      ['release and configOnly: a release holds its configuration; give one of them'],
    ],
    [
      { configOnly: true, versionId: 'x' },
      [
        'versionId and configOnly: configOnly takes the artifact of the stable release; a versionId alone is deployed with the configuration in force',
      ],
    ],
    [
      { configOnly: true, rollback: true },
      ['rollback and configOnly: a rollback brings the earlier configuration back as well; give one of them'],
    ],
    [
      { configOnly: true, resume: deployment },
      ['configOnly and resume: configOnly goes with nothing but hosts, dryRun, reason, by'],
    ],
    [{ dryRun: 1 }, ['dryRun: must be true or false']],
    [{ hosts: [] }, [`hosts: ${hostList}`]],
    [{ hosts: host }, [`hosts: ${hostList}`]],
    [{ hosts: ['payment-1'] }, [`hosts: ${hostList}`]],
    [{ resume: 'v41' }, ['resume: must be the id of a deployment, such as "d-20261122-204500-1a2b3c"']],
    [{ reason: '' }, ['reason: must be a text of 1 to 256 characters without line breaks']],
    [{ reason: 'x'.repeat(257) }, ['reason: must be a text of 1 to 256 characters without line breaks']],
    [{ by: 'ada\nroot' }, ['by: must be a text of 1 to 256 characters without line breaks']],
    [{ release: 'v1', versionId: 'x' }, ['release and versionId: both name what to deploy; give one of them']],
    [
      { rollback: true, versionId: 'x' },
      [
        'versionId and rollback: a rollback goes to a release, not to an upload; name it with release, or leave versionId out',
      ],
    ],
    [
      { rollback: true, hosts: [host] },
      [
        'rollback and hosts: a rollback is for the whole target; to put a release on single hosts, give release and hosts',
      ],
    ],
    [{ resume: deployment, dryRun: true }, ['dryRun and resume: resume goes with nothing but reason, by']],
    [
      { upload: 'x', release: 'v1' },
      ['release and upload: release goes with nothing but rollback, throughFreeze, hosts, dryRun, reason, by'],
    ],
    [{ throughFreeze: true }, ['throughFreeze: a frozen target takes rollbacks alone; give rollback with it']],
    [
      { throughFreeze: true, release: 'v3' },
      ['throughFreeze: a frozen target takes rollbacks alone; give rollback with it'],
    ],
    [{ throughFreeze: false, rollback: true }, ['throughFreeze: must be true, or left out']],
    [{ repair: deployment, continue: deployment }, ['repair and continue: repair goes with nothing but reason, by']],
    [
      { relase: 'v1', rollback: 'yes', versionId: 'x', hosts: [host] },
      [
        `relase: unknown key, did you mean release?; ${known}`,
        'rollback: must be true, or left out',
        'versionId and rollback: a rollback goes to a release, not to an upload; name it with release, or leave versionId out',
        'rollback and hosts: a rollback is for the whole target; to put a release on single hosts, give release and hosts',
      ],
    ],
  ];

  test.each(rows)('%j', (input, problems) => {
    expect(problemsOf(input)).toEqual(problems);
  });
});

test('any JSON value is either a request or refused with sentences', () => {
  const keys = fc.constantFrom<string>(...humanKeys, ...machineKeys, 'relase');
  const input = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.constantFrom('v1', true, deployment, [host])));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), input), (value) => {
      const problems = problemsOf(value);
      expect(problems.every((problem) => /^.*: \S/s.test(problem))).toBe(true);
    }),
  );
});

test('the same hosts in another order are the same request', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([host, other, 'i-ffffffff'], { minLength: 3 }), (hosts) => {
      expect(parseExecutionInput({ hosts })).toEqual(parseExecutionInput({ hosts: [other, host, 'i-ffffffff'] }));
    }),
  );
});
