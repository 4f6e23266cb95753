import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerSecondsOf,
  buildHostCommand,
  type CommandIdentity,
  idempotencyKey,
  parameterProblems,
} from '../../../core/host/build-host-command.ts';
import { parameterPatterns } from '../../../core/host/parameter-patterns.ts';
import { type DocumentKind, hostActions } from '../../../core/model/statuses.ts';
import { configuration } from '../../given/configuration.ts';

const common = {
  service: 'payment',
  deploymentId: 'd-20261122-204500-1a2b3c',
  fence: 1_795_380_300,
  notAfter: 1_795_380_600,
};
const instanceId = 'i-0a1b2c3d4e5f60718';
const releaseId = 'v42-1a2b3c4d5e6f';
const document = { version: '3', hash: 'f'.repeat(64) };

describe('buildHostCommand', () => {
  test('tells a host to install a release', () => {
    const command = buildHostCommand({
      action: 'install',
      instanceId,
      attempt: 1,
      document,
      parameters: {
        ...common,
        releaseId,
        region: 'eu-west-1',
        stateBucket: 'rollgate-state-local',
        manifestKey: 'rollgate/payment/releases/42.json',
        manifestSha256: 'a'.repeat(64),
        packagesKey: '',
        packagesSha256: '',
        keep: 'v41-aaaaaaaaaaaa,v40-bbbbbbbbbbbb',
      },
    });

    expect(command).toEqual({
      instanceId,
      document: 'install',
      documentVersion: '3',
      documentHash: 'f'.repeat(64),
      comment: 'rollgate 0c47a5e360d39f5268286a03077fb870',
      parameters: {
        service: 'payment',
        deploymentId: 'd-20261122-204500-1a2b3c',
        key: '0c47a5e360d39f5268286a03077fb870',
        fence: '1795380300',
        notAfter: '1795380600',
        releaseId: 'v42-1a2b3c4d5e6f',
        region: 'eu-west-1',
        stateBucket: 'rollgate-state-local',
        manifestKey: 'rollgate/payment/releases/42.json',
        manifestSha256: 'a'.repeat(64),
        packagesKey: '',
        packagesSha256: '',
        keep: 'v41-aaaaaaaaaaaa,v40-bbbbbbbbbbbb',
      },
      deliverySeconds: 60,
    });
  });

  test('tells a host to revert by the document activate, and to settle without a release', () => {
    const revert = buildHostCommand({
      action: 'revert',
      instanceId,
      attempt: 2,
      document,
      parameters: { ...common, releaseId: 'previous' },
    });
    const settle = buildHostCommand({
      action: 'settle',
      instanceId,
      attempt: 1,
      document,
      parameters: common,
    });

    expect([revert.document, revert.parameters['releaseId']]).toEqual(['activate', 'previous']);
    expect([settle.document, Object.keys(settle.parameters).sort()]).toEqual([
      'settle',
      ['deploymentId', 'fence', 'key', 'notAfter', 'service'],
    ]);
  });

  test('refuses as a bug what the document would not take, naming all of it', () => {
    const build = () =>
      buildHostCommand({
        action: 'activate',
        instanceId: 'payment-1',
        attempt: 1,
        document,
        parameters: { ...common, fence: 1.5, releaseId: 'v42; rm -rf /' },
      });

    expect(build).toThrow(
      new TypeError(
        'activate: instanceId "payment-1" is no instance id; fence "1.5" does not match ^[1-9][0-9]{0,15}$; ' +
          'releaseId "v42; rm -rf /" does not match ^(v[1-9][0-9]{0,8}-[0-9a-f]{12}|previous)$',
      ),
    );
  });

  test('knows no other parameters than the document', () => {
    const known = { ...parameters('settle'), releaseId };

    expect(parameterProblems('settle', known)).toEqual(['releaseId is no parameter of settle']);
    expect(parameterProblems('settle', {})).toEqual([
      'service is missing',
      'deploymentId is missing',
      'key is missing',
      'fence is missing',
      'notAfter is missing',
    ]);
  });
});

function parameters(kind: DocumentKind): Record<string, string> {
  const all: Record<string, string> = {
    ...{
      service: 'payment',
      deploymentId: common.deploymentId,
      key: '0'.repeat(32),
      fence: '1',
      notAfter: '1795380600',
    },
    releaseId,
    region: 'us-gov-west-1',
    stateBucket: 'a-bucket',
    manifestKey: 'rollgate/payment/releases/1.json',
    manifestSha256: '0'.repeat(64),
    packagesKey: `rollgate/payment/packages/${'0'.repeat(64)}.txt`,
    packagesSha256: '0'.repeat(64),
    keep: releaseId,
  };
  return Object.fromEntries(Object.keys(parameterPatterns[kind]).map((name) => [name, all[name] ?? '']));
}

describe('parameterPatterns', () => {
  const rows = (Object.keys(parameterPatterns) as DocumentKind[]).flatMap((kind) =>
    Object.entries(parameterPatterns[kind]).map(([name, pattern]) => [kind, name, pattern] as const),
  );

  test.each(rows)('%s %s is anchored and means the same in JavaScript, Java and RE2', (_, __, pattern) => {
    expect(pattern).toMatch(/^\^.*\$$/);
    // No look-around, back references, lazy or possessive repeats, classes by letter, and no `|` outside a group.
    expect(pattern).not.toMatch(/\(\?|\\|[*+?}][?+]/);
    expect(pattern.replaceAll(/\([^()]*(\([^()]*\)[^()]*)*\)/g, '')).not.toContain('|');
  });

  test('take the parameters of every document', () => {
    for (const kind of Object.keys(parameterPatterns) as DocumentKind[]) {
      expect(parameterProblems(kind, parameters(kind))).toEqual([]);
    }
  });

  test('let nothing pass that a shell or SSM would read as more than text', () => {
    const dangerous = fc.constantFrom(...'\'"`$(){}[]<>|&;!*?~#\\ \t\n\r\u0000%');
    fc.assert(
      fc.property(fc.constantFrom(...rows), dangerous, fc.nat(), ([kind, name], character, place) => {
        const right = parameters(kind);
        const value = right[name] ?? '';
        const at = place % (value.length + 1);
        const wrong = { ...right, [name]: value.slice(0, at) + character + value.slice(at) };
        expect(parameterProblems(kind, wrong)).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('idempotencyKey', () => {
  const identity: CommandIdentity = {
    deploymentId: common.deploymentId,
    action: 'activate',
    releaseId,
    instanceId,
    attempt: 1,
  };

  test('is the same for the same step, and 32 hex digits', () => {
    expect(idempotencyKey({ ...identity })).toBe(idempotencyKey(identity));
    expect(idempotencyKey(identity)).toMatch(/^[0-9a-f]{32}$/);
  });

  test('differs with each of deployment, action, release, host and attempt', () => {
    const others: readonly CommandIdentity[] = [
      identity,
      { ...identity, deploymentId: 'd-20261122-204500-1a2b3d' },
      { ...identity, action: 'revert' },
      { ...identity, releaseId: 'previous' },
      { ...identity, releaseId: null },
      { ...identity, instanceId: 'i-00000000' },
      { ...identity, attempt: 2 },
    ];

    expect(new Set(others.map(idempotencyKey)).size).toBe(others.length);
  });
});

test('every action has time for the waits of the service it runs', () => {
  expect(hostActions.map((action) => [action, answerSecondsOf(action, configuration)])).toEqual([
    ['install', 1800],
    ['activate', 120],
    ['verify', 120],
    ['revert', 120],
    ['verifyRevert', 120],
    ['settle', 60],
  ]);
});
