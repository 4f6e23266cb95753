import { targetUnhealthy } from '../../core/diagnosis/diagnose-balancer.ts';
import type { PlannedBalancer } from '../../core/model/planned-balancer.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { deploymentOutcome, instant } from './deployment.ts';
import { crashLoop, hosts, pipFailed, type RecordedStep, recordOf } from './recorded-deployment.ts';

const [first = '', second = '', third = ''] = hosts.map((host) => host.instanceId);

/** All three hosts staged by second 32. */
export const staged: readonly RecordedStep[] = [
  { host: 0, action: 'install', from: 1, to: 31.2 },
  { host: 1, action: 'install', from: 1, to: 29, isReused: true },
  { host: 2, action: 'install', from: 1, to: 32 },
];

const firstPassed: readonly RecordedStep[] = [
  { host: 0, action: 'activate', from: 33, to: 34 },
  { host: 0, action: 'verify', from: 34, to: 44 },
];

const restPassed: readonly RecordedStep[] = [
  { host: 1, action: 'activate', from: 45, to: 46, round: 2 },
  { host: 1, action: 'verify', from: 46, to: 56, round: 2 },
  { host: 2, action: 'activate', from: 57, to: 58, round: 2 },
  { host: 2, action: 'verify', from: 58, to: 68, round: 2 },
];

const firstCrashed: readonly RecordedStep[] = [
  { host: 0, action: 'activate', from: 33, to: 34 },
  { host: 0, action: 'verify', from: 34, to: 38.4, status: 'failed', diagnosis: crashLoop },
];

export const wave1 = { kind: 'wave', wave: 1, hosts: [first], maxConcurrency: 1 } as const;
const wave2 = { kind: 'wave', wave: 2, hosts: [second, third], maxConcurrency: 1 } as const;
const revertFirst = { kind: 'revert', hosts: [first], maxConcurrency: 1 } as const;
const drainFirst = { kind: 'drain', hosts: [first], maxConcurrency: 1 } as const;
const joinFirst = { kind: 'join', hosts: [first], maxConcurrency: 1 } as const;
const finish = { kind: 'finish' } as const;
const loadBalancer: PlannedBalancer = {
  groupArn: 'arn:group',
  groupName: 'payment-prod',
  port: 8080,
  drainSeconds: 300,
  healthySeconds: 120,
};
const timedOut = targetUnhealthy(loadBalancer, {
  instanceId: first,
  port: 8080,
  state: 'unhealthy',
  reason: 'Target.Timeout',
  description: 'Request timed out',
});

/** The first host has left its load balancer, with connections still open, and passed its gate. */
const outAndPassed: readonly RecordedStep[] = [
  {
    host: 0,
    action: 'drain',
    from: 33,
    to: 63,
    note: 'still draining after 30 s: went on, and its connections are cut',
  },
  { host: 0, action: 'activate', from: 64, to: 65, round: 2 },
  { host: 0, action: 'verify', from: 65, to: 78, round: 2 },
];

/** One deployment for each end state, as the ledger holds it afterwards. */
export const endings = {
  Succeeded: recordOf({
    steps: [...staged, ...firstPassed, ...restPassed],
    decisions: [
      [32, wave1],
      [44, wave2],
      [68, finish],
    ],
    now: 68.5,
    isEnded: true,
  }),
  FailedClean: recordOf({
    steps: [
      { host: 0, action: 'install', from: 1, to: 31.2 },
      { host: 1, action: 'install', from: 1, to: 14, status: 'failed', diagnosis: pipFailed },
      { host: 2, action: 'install', from: 1, to: 32 },
    ],
    decisions: [[32, finish]],
    now: 32.4,
    isEnded: true,
  }),
  RolledBack: recordOf({
    steps: [
      ...staged,
      ...firstCrashed,
      { host: 0, action: 'revert', from: 38.6, to: 39.6 },
      { host: 0, action: 'verifyRevert', from: 39.6, to: 49.8 },
    ],
    decisions: [
      [32, wave1],
      [38.5, revertFirst],
      [49.9, finish],
    ],
    now: 50,
    isEnded: true,
  }),
  Degraded: recordOf({
    steps: [
      ...staged,
      ...firstCrashed,
      { host: 0, action: 'revert', from: 38.6, to: 39.6 },
      { host: 0, action: 'verifyRevert', from: 39.6, to: 49.8 },
      ...restPassed.map((step) => ({ ...step, from: step.from + 6, to: (step.to ?? 0) + 6, round: 3 })),
    ],
    decisions: [
      [32, wave1],
      [38.5, revertFirst],
      [50, wave2],
      [74, finish],
    ],
    policy: { maxFailedHosts: 1 },
    now: 74.5,
    isEnded: true,
  }),
  Halted: recordOf({
    steps: [...staged, ...firstPassed],
    decisions: [
      [32, wave1],
      [44, finish],
    ],
    words: [{ verb: 'halt', by: 'alice', at: '2026-11-22T20:45:40.000Z', reason: 'wrong build', isKept: true }],
    now: 44.2,
    isEnded: true,
  }),
  FailedDirty: recordOf({
    steps: [
      ...staged,
      ...firstCrashed,
      { host: 0, action: 'revert', from: 38.6, to: 70, status: 'unknown' },
      { host: 0, action: 'revert', from: 71, to: 102, status: 'unknown', attempt: 2, round: 3 },
      { host: 0, action: 'settle', from: 103, to: 134, status: 'unknown', round: 4 },
    ],
    decisions: [
      [32, wave1],
      [38.5, revertFirst],
      [70.5, revertFirst],
      [102.5, { kind: 'settle', hosts: [first] }],
      [134.5, finish],
    ],
    now: 135,
    isEnded: true,
  }),
  Planned: recordOf({
    admitted: {
      trigger: 'person',
      by: 'alice',
      request: { kind: 'release', release: 2, isDryRun: true, reason: 'what if' },
      isDryRun: true,
    },
    now: 0.6,
    isEnded: true,
  }),
} as const;

/** Its first host crashed, and the deployer was denied the command that would have put it back. */
export const notPutBack = recordOf({
  steps: [...staged, ...firstCrashed],
  decisions: [
    [32, wave1],
    [38.5, revertFirst],
    [39, { kind: 'wait', seconds: 4 }],
    [43, revertFirst],
    [43.5, { kind: 'wait', seconds: 12 }],
    [55.5, revertFirst],
    [56, finish],
  ],
  errors: [2, 4, 6].map((round) => ({
    instanceId: first,
    round,
    name: 'AccessDenied',
    at: instant(37 + 3 * round),
    cause: `ssm:SendCommand on ${first} was denied (AccessDenied: not authorized): the role must allow it`,
  })),
  now: 56.5,
  isEnded: true,
});

/** Its first host passed though a check that only reports found fault. */
export const reported = {
  goingOn: recordOf({
    steps: [...staged, ...withReported(firstPassed)],
    decisions: [
      [32, wave1],
      [44, wave2],
    ],
    now: 44.2,
  }),
  ended: recordOf({
    steps: [...staged, ...withReported(firstPassed), ...restPassed],
    decisions: [
      [32, wave1],
      [44, wave2],
      [68, finish],
    ],
    now: 68.5,
    isEnded: true,
  }),
};

function withReported(steps: readonly RecordedStep[]): readonly RecordedStep[] {
  return steps.map((step) =>
    step.action === 'verify'
      ? {
          ...step,
          checks: [
            {
              name: 'http',
              isOk: false,
              failure: 'http-failed',
              isReportOnly: true,
              detail: 'GET http://127.0.0.1:8080/health answered 500, not 200 (asked 40 times)',
            },
            { name: 'journal', isOk: true, isReportOnly: true, detail: '12 lines since the start' },
            { name: 'active', isOk: true, detail: 'active (running)' },
          ],
        }
      : step,
  );
}

/** Well on its release again, and not to be brought back into its load balancer. */
export const dirtyOutside = recordOf({
  steps: [
    ...[...staged, ...outAndPassed],
    { host: 0, action: 'join', from: 80, to: 200, round: 3, status: 'failed', diagnosis: timedOut },
    { host: 0, action: 'revert', from: 201, to: 203, round: 4 },
    { host: 0, action: 'verifyRevert', from: 203, to: 214, round: 4 },
    { host: 0, action: 'join', from: 215, to: 335, round: 5, attempt: 2, status: 'failed', diagnosis: timedOut },
  ],
  decisions: [
    [32, drainFirst],
    [63, wave1],
    [79, joinFirst],
    [200.5, revertFirst],
    [214.5, joinFirst],
    [336, finish],
  ],
  plan: { loadBalancer },
  now: 336.5,
  isEnded: true,
});

/** Ended before it could touch anything: there is no plan. */
export const superseded = recordOf({
  now: 12,
  record: {
    plan: null,
    outcome: deploymentOutcome({
      status: 'Superseded',
      errorName: 'SupersededError',
      endedAt: instant(12),
      reason: { code: 'newer-upload', text: 'a newer upload (version version-3) took its place' },
    }),
    lock: null,
  },
});

/** Refused before it was admitted. */
export const refused = recordOf({
  now: 1,
  record: {
    admitted: null,
    plan: null,
    lock: null,
    outcome: deploymentOutcome({
      errorName: 'InvalidDeploymentError',
      endedAt: instant(1),
      reason: { code: 'invalid-input', text: 'the zip has no payment.ini\nthe zip has no requirements.txt' },
    }),
  },
});

/** Deployments that are going on. */
export const goingOn = {
  waiting: recordOf({
    now: 4,
    record: {
      plan: null,
      isQueued: true,
      lock: { deploymentId: 'd-20261122-204400-999999', purpose: 'rollout' },
    },
  }),
  staging: recordOf({
    steps: [
      { host: 0, action: 'install', from: 1 },
      { host: 1, action: 'install', from: 1, to: 11.5, isReused: true },
      { host: 2, action: 'install', from: 1 },
    ],
    now: 13,
  }),
  inItsGate: recordOf({
    steps: [...staged, { host: 0, action: 'activate', from: 33, to: 34 }, { host: 0, action: 'verify', from: 34 }],
    decisions: [[32, wave1]],
    now: 38.2,
  }),
  baking: recordOf({
    steps: [...staged, ...firstPassed],
    decisions: [
      [32, wave1],
      [44, { kind: 'bake', wave: 1, seconds: 60 }],
    ],
    policy: { bakeSeconds: 60 },
    now: 56,
  }),
  awaitingApproval: recordOf({
    steps: [...staged, ...firstPassed],
    decisions: [
      [32, wave1],
      [44, { kind: 'park', wave: 2, why: 'approval', untilMilliseconds: beginning + 3_644_000 }],
    ],
    now: 50,
  }),
  draining: recordOf({
    steps: [...staged, { host: 0, action: 'drain', from: 33, round: 1 }],
    decisions: [[32, drainFirst]],
    plan: { loadBalancer },
    now: 41,
  }),
  joining: recordOf({
    steps: [...staged, ...outAndPassed, { host: 0, action: 'join', from: 80, round: 3 }],
    decisions: [
      [32, drainFirst],
      [63, wave1],
      [79, joinFirst],
    ],
    plan: { loadBalancer },
    now: 92,
  }),
  joinedAndNextDrains: recordOf({
    steps: [
      ...[...staged, ...outAndPassed, { host: 0, action: 'join', from: 80, to: 110, round: 3 } as const],
      { host: 1, action: 'drain', from: 111, round: 4 },
    ],
    decisions: [
      [32, drainFirst],
      [63, wave1],
      [79, joinFirst],
      [110.5, { ...drainFirst, hosts: [second] }],
    ],
    plan: { loadBalancer },
    now: 113,
  }),
  turnedAwayAndReverting: recordOf({
    steps: [
      ...[...staged, ...outAndPassed],
      { host: 0, action: 'join', from: 80, to: 200, round: 3, status: 'failed', diagnosis: timedOut },
      { host: 0, action: 'revert', from: 201, round: 4 },
    ],
    decisions: [
      [32, drainFirst],
      [63, wave1],
      [79, joinFirst],
      [200.5, revertFirst],
    ],
    plan: { loadBalancer },
    now: 202,
  }),
  comingBack: recordOf({
    steps: [
      ...[...staged, ...outAndPassed],
      { host: 0, action: 'join', from: 80, to: 200, round: 3, status: 'failed', diagnosis: timedOut },
      { host: 0, action: 'revert', from: 201, to: 203, round: 4 },
      { host: 0, action: 'verifyRevert', from: 203, to: 214, round: 4 },
      { host: 0, action: 'join', from: 215, round: 5, attempt: 2 },
    ],
    decisions: [
      [32, drainFirst],
      [63, wave1],
      [79, joinFirst],
      [200.5, revertFirst],
      [214.5, joinFirst],
    ],
    plan: { loadBalancer },
    now: 230,
  }),
  reverting: recordOf({
    steps: [...staged, ...firstCrashed, { host: 0, action: 'revert', from: 38.6 }],
    decisions: [
      [32, wave1],
      [38.5, revertFirst],
    ],
    now: 39,
  }),
  repairing: recordOf({
    steps: [...staged, { host: 0, action: 'activate', from: 33 }],
    decisions: [
      [32, wave1],
      [60, revertFirst],
    ],
    now: 61,
    record: { lock: { deploymentId: 'd-20261122-204500-1a2b3c', purpose: 'repair' } },
  }),
} as const;

/** The second host could not be staged, within the budget, and the first is in its gate. */
export const oneFailed = recordOf({
  steps: [
    { host: 0, action: 'install', from: 1, to: 31.2 },
    { host: 1, action: 'install', from: 1, to: 14, status: 'failed', diagnosis: pipFailed },
    { host: 2, action: 'install', from: 1, to: 32 },
    { host: 0, action: 'activate', from: 33, to: 34 },
    { host: 0, action: 'verify', from: 34 },
  ],
  decisions: [[32, wave1]],
  policy: { maxFailedHosts: 1 },
  now: 38,
});
