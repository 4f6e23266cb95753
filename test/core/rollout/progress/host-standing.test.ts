import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostActions } from '../../../../core/model/statuses.ts';
import { hasFailed, isDown, isRevertable } from '../../../../core/rollout/progress/host-standing.ts';
import { progressOf } from '../../../../core/rollout/progress/read-progress.ts';
import { withUnansweredAsFailed } from '../../../../core/rollout/progress/with-unanswered-as-failed.ts';
import {
  crashed,
  type GivenStep,
  givenHost,
  givenPlannedHost,
  givenRollout,
  givenStep,
  newRelease,
  oldRelease,
  recorded,
} from '../../given-rollout.ts';

const a = givenPlannedHost('a');
const progress = (...steps: readonly GivenStep[]) => progressOf(a, steps.map(givenStep));
const installed: GivenStep = { action: 'install', round: 0, status: 'done', packagesSha256: 'p1' };
const activated: GivenStep = { action: 'activate', status: 'done' };

describe('the stage of a host', () => {
  test.each<[string, readonly GivenStep[]]>([
    ['waiting', []],
    ['unknown', [{ action: 'install' }]],
    ['unknown', [{ action: 'install', status: 'unknown' }]],
    ['staged', [installed]],
    ['failed', [{ action: 'install', status: 'failed' }]],
    ['failed', [{ action: 'install', status: 'refused' }]],
    [
      'staged',
      [
        { action: 'install', status: 'failed' },
        { ...installed, attempt: 2 },
      ],
    ],
  ])('is %s', (stage, steps) => {
    expect(progress(...steps).stage).toBe(stage);
  });
});

describe('the run of a host', () => {
  test.each<[string, string, readonly GivenStep[]]>([
    ['untouched', 'nothing was sent', [installed]],
    ['untouched', 'the activation was refused', [installed, { action: 'activate', status: 'refused' }]],
    ['activating', 'the activation is out', [installed, { action: 'activate' }]],
    ['activating', 'the gate was not asked yet', [activated]],
    ['activating', 'the gate is out', [activated, { action: 'verify' }]],
    ['passed', 'the gate said yes', [activated, { action: 'verify', status: 'done' }]],
    ['failed', 'the activation failed', [{ action: 'activate', status: 'failed' }]],
    ['failed', 'nobody knows of the activation', [{ action: 'activate', status: 'unknown' }]],
    ['failed', 'the gate said no', [activated, { action: 'verify', status: 'failed' }]],
    [
      'failed',
      'the gate said no after the bake',
      [activated, { action: 'verify', status: 'done' }, { action: 'verify', attempt: 2, round: 3, status: 'failed' }],
    ],
    [
      'activating',
      'the gate of an earlier activation does not count',
      [
        { action: 'verify', round: 1, status: 'done' },
        { ...activated, attempt: 2, round: 3 },
      ],
    ],
    ['revertFailed', 'the revert is out', [activated, { action: 'revert', round: 2 }]],
    ['revertFailed', 'the revert was not verified', [activated, { action: 'revert', round: 2, status: 'done' }]],
    [
      'reverted',
      'the revert was verified',
      [activated, { action: 'revert', round: 2, status: 'done' }, { action: 'verifyRevert', round: 2, status: 'done' }],
    ],
    [
      'revertFailed',
      'the gate of an earlier revert does not count',
      [
        activated,
        { action: 'revert', round: 2, status: 'done' },
        { action: 'verifyRevert', round: 2, status: 'done' },
        { action: 'revert', attempt: 2, round: 3, status: 'done' },
      ],
    ],
  ])('is %s when %s', (run, _why, steps) => {
    expect(progress(...steps).run).toBe(run);
  });

  test('a host that refuses to activate is known as such', () => {
    expect(progress(installed).isRefused).toBe(false);
    expect(progress(installed, { action: 'activate', status: 'refused' }).isRefused).toBe(true);
  });
});

describe('a host is settled', () => {
  test.each<[boolean, string, readonly GivenStep[]]>([
    [true, 'where every command was answered', [installed, activated]],
    [false, 'never while a command is out', [installed, { action: 'activate', fence: 10 }]],
    [
      false,
      'never by an answer to the same fence',
      [
        { action: 'activate', fence: 10 },
        { ...activated, attempt: 2 },
      ],
    ],
    [
      true,
      'once it has acknowledged a higher fence',
      [
        { action: 'activate', fence: 10 },
        { action: 'settle', round: 2, fence: 11, status: 'done', host: { fence: 11 } },
      ],
    ],
    [
      false,
      'not by a settle that nobody answered',
      [
        { action: 'activate', fence: 10, status: 'unknown' },
        { action: 'settle', round: 2, fence: 11 },
      ],
    ],
  ])('%s: %s', (isSettled, _why, steps) => {
    expect(progress(...steps).isSettled).toBe(isSettled);
  });
});

test.each<[boolean, string, readonly GivenStep[]]>([
  [false, 'a host that was never asked', []],
  [false, 'a host that failed and said so', [{ action: 'install', status: 'failed' }]],
  [true, 'a host that SSM refused', [{ action: 'install', status: 'refused' }]],
  [true, 'a host that gave no answer', [installed, { action: 'activate', status: 'unknown' }]],
  [
    false,
    'a host that has answered since',
    [
      { action: 'activate', status: 'unknown' },
      { action: 'settle', round: 2, status: 'done' },
    ],
  ],
])('lost %s: %s', (isLost, _who, steps) => {
  expect(progress(...steps).isLost).toBe(isLost);
});

test('tries of the platform within one round are one attempt to revert or settle', () => {
  const host = progress(
    { action: 'revert', round: 2, attempt: 1, status: 'refused' },
    { action: 'revert', round: 2, attempt: 2, status: 'refused' },
    { action: 'revert', round: 3, attempt: 3, status: 'failed' },
    { action: 'settle', round: 4, attempt: 1, status: 'unknown' },
  );

  expect([host.revertAttempts, host.settleAttempts]).toEqual([2, 1]);
});

test('attempts of an execution that died are not held against the host', () => {
  const steps = [
    givenStep({ action: 'revert', round: 2 }),
    givenStep({ action: 'revert', round: 3, attempt: 2 }),
    givenStep({ action: 'revert', round: 5, attempt: 3, status: 'failed' }),
  ];

  expect(progressOf(a, steps).revertAttempts).toBe(3);
  expect(progressOf(a, steps, 4).revertAttempts).toBe(1);
});

test('what ran before comes from the first report, what runs now from the last', () => {
  const host = progress(
    { action: 'verify', status: 'done', at: 300, host: { running: newRelease, previous: oldRelease } },
    { ...installed, at: 100, host: { running: oldRelease, isHealthy: null } },
    { action: 'activate', status: 'done', at: 200, host: { running: newRelease, previous: oldRelease } },
  );

  expect(host).toMatchObject({ before: oldRelease, running: newRelease, wasDown: false });
  expect(host.observedAt).toBe(new Date(300_000).toISOString());
});

test('reports of the same second, or of a clock that was set back, change nothing of what Stage found', () => {
  const host = progress(
    { action: 'activate', status: 'done', at: 100, host: { running: newRelease, previous: 'none', isActive: true } },
    { ...installed, at: 100, host: { running: 'none', isActive: false, isHealthy: null } },
    { action: 'verify', status: 'done', at: 50, host: { running: newRelease, isActive: true } },
  );

  expect(host).toMatchObject({ before: 'none', wasDown: true, running: newRelease });
});

test.each([
  [{ isActive: false, isHealthy: null }, true],
  [{ isActive: true, isHealthy: false }, true],
  [{ isActive: true, isHealthy: null }, false],
  [{ isActive: true, isHealthy: true }, false],
])('a host that was staged as %j was down: %s', (host, wasDown) => {
  expect(progress({ ...installed, host }).wasDown).toBe(wasDown);
});

test('the failure to read is the one of the gate, not those that followed from it', () => {
  const consequence = { ...crashed, meaning: 'a consequence' };

  const host = progress(
    activated,
    { action: 'verify', status: 'failed', diagnosis: crashed },
    { action: 'revert', round: 2, status: 'failed', diagnosis: consequence },
    { action: 'settle', round: 3, status: 'unknown', diagnosis: consequence },
  );

  expect(host.diagnosis).toBe(crashed);
});

test('the same steps give the same progress in any order', () => {
  const anyStep = fc.record({
    action: fc.constantFrom(...hostActions),
    attempt: fc.integer({ min: 1, max: 3 }),
    round: fc.integer({ min: 0, max: 4 }),
    fence: fc.integer({ min: 10, max: 13 }),
    status: fc.constantFrom('done', 'failed', 'refused', 'unknown'),
    at: fc.nat(1000),
  } as const);
  const anySteps = fc.uniqueArray(anyStep, {
    maxLength: 8,
    comparator: (one, other) => one.at === other.at || (one.action === other.action && one.attempt === other.attempt),
  });
  fc.assert(
    fc.property(anySteps, (given) => {
      const steps = given.map(givenStep);
      expect(progressOf(a, steps.toReversed())).toEqual(progressOf(a, steps));
    }),
  );
});

test.each<[boolean, string, readonly GivenStep[]]>([
  [false, 'it was never activated', []],
  [false, 'its first gate is out', [activated, { action: 'verify' }]],
  [true, 'its gate let it pass', [activated, { action: 'verify', status: 'done' }]],
  [
    true,
    'its next gate was never answered',
    [activated, { action: 'verify', status: 'done' }, { action: 'verify', attempt: 2, round: 2, status: 'unknown' }],
  ],
  [
    false,
    'its next gate failed',
    [activated, { action: 'verify', status: 'done' }, { action: 'verify', attempt: 2, round: 2, status: 'failed' }],
  ],
  [
    false,
    'it was activated once more since',
    [activated, { action: 'verify', status: 'done' }, { ...activated, attempt: 2, round: 2 }],
  ],
])('a host has passed last %s: %s', (hasPassed, _why, steps) => {
  expect(progress(...steps).hasPassedLast).toBe(hasPassed);
});

test('when no Map runs any more, what has not answered has failed', () => {
  const hosts = [givenHost('a', { stage: 'waiting' }), givenHost('b', { run: 'activating' })];
  const [waiting, activating] = withUnansweredAsFailed(givenRollout(hosts));

  expect(waiting?.stage).toBe('unknown');
  expect(activating?.run).toBe('failed');
});

test('when no Map runs any more, who was to be verified again and was not has failed', () => {
  const verify = recorded({ kind: 'verify', wave: 1, hosts: ['i-a', 'i-b'], maxConcurrency: 1 }, 3);
  const hosts = ['a', 'b', 'c'].map((name) => givenHost(name, { run: 'passed', passedInRound: name === 'b' ? 3 : 1 }));

  const runs = withUnansweredAsFailed(givenRollout(hosts, { decisions: [verify] })).map((host) => host.run);

  expect(runs).toEqual(['failed', 'passed', 'passed']);
});

test.each([
  [{ run: 'failed' }, { isDown: true, isRevertable: true, hasFailed: true }],
  [
    { run: 'failed', hasPassedLast: true },
    { isDown: false, isRevertable: true, hasFailed: true },
  ],
  [
    { run: 'failed', hasPassedLast: true, isLost: true },
    { isDown: true, isRevertable: true, hasFailed: true },
  ],
  [
    { run: 'revertFailed', revertAttempts: 1 },
    { isDown: true, isRevertable: true, hasFailed: true },
  ],
  [
    { run: 'revertFailed', revertAttempts: 2 },
    { isDown: true, isRevertable: false, hasFailed: true },
  ],
  [{ run: 'reverted' }, { isDown: false, isRevertable: false, hasFailed: true }],
  [
    { run: 'reverted', before: 'none' },
    { isDown: true, isRevertable: false, hasFailed: true },
  ],
  [{ run: 'passed' }, { isDown: false, isRevertable: false, hasFailed: false }],
  [{ run: 'activating' }, { isDown: false, isRevertable: false, hasFailed: false }],
  [{ wasDown: true }, { isDown: true, isRevertable: false, hasFailed: false }],
  [
    { stage: 'unknown', isLost: true },
    { isDown: true, isRevertable: false, hasFailed: true },
  ],
  [{ isRefused: true }, { isDown: false, isRevertable: false, hasFailed: true }],
  [{ stage: 'failed' }, { isDown: false, isRevertable: false, hasFailed: true }],
] as const)('a host with %j is %j', (more, expected) => {
  const host = givenHost('a', more);

  expect({ isDown: isDown(host), isRevertable: isRevertable(host), hasFailed: hasFailed(host) }).toEqual(expected);
});
