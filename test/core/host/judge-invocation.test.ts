import { describe, expect, test } from 'vitest';
import { judgeInvocation, parseReport } from '../../../core/host/judge-invocation.ts';
import { givenStep } from '../given-rollout.ts';

const step = givenStep({ action: 'activate', status: 'done' });
const { intent } = step;
const report = step.outcome?.report;
const stdout = JSON.stringify(report);

function judge(more: { status?: string; statusDetails?: string; stdout?: string } | null, nowMilliseconds = 0) {
  const invocation =
    more === null
      ? null
      : { status: 'Success', statusDetails: more.status ?? 'Success', responseCode: 0, stdout: '', ...more };
  return judgeInvocation({ intent, invocation, nowMilliseconds });
}

describe('a command', () => {
  test.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])(
    'that is %s is pending until its deadline has passed',
    (status) => {
      expect(judge({ status })).toEqual({ kind: 'pending' });
      expect(judge({ status }, 1)).toEqual({ kind: 'ended', status: 'unknown', report: null, isUndelivered: false });
    },
  );

  test('that SSM does not know is pending until its deadline has passed', () => {
    expect(judge(null)).toEqual({ kind: 'pending' });
    expect(judge(null, 1)).toMatchObject({ status: 'unknown' });
  });

  test.each(['stopping', 'stopped', 'shutting-down', 'terminated'])(
    'of an instance that is %s is not waited for: nobody can tell whether it ran',
    (hostState) => {
      const invocation = { status: 'InProgress', statusDetails: 'InProgress', responseCode: -1, stdout: '' };

      expect(judgeInvocation({ intent, invocation, nowMilliseconds: 0, hostState })).toEqual({
        kind: 'ended',
        status: 'unknown',
        report: null,
        isUndelivered: false,
      });
    },
  );

  test.each(['running', 'pending'])('of an instance that is %s is waited for', (hostState) => {
    expect(judgeInvocation({ intent, invocation: null, nowMilliseconds: 0, hostState })).toEqual({ kind: 'pending' });
  });

  test('that ended with a report is what the report says, also where the instance is off since', () => {
    const invocation = { status: 'Success', statusDetails: 'Success', responseCode: 0, stdout };

    expect(judgeInvocation({ intent, invocation, nowMilliseconds: 0, hostState: 'stopped' })).toMatchObject({
      status: 'done',
    });
  });

  test('is done, failed or refused when the host says so, whatever SSM makes of the exit code', () => {
    expect(judge({ stdout })).toEqual({ kind: 'ended', status: 'done', report, isUndelivered: false });
    const failed = JSON.stringify({ ...report, outcome: 'failed' });
    expect(judge({ status: 'Failed', stdout: failed })).toMatchObject({ status: 'failed', isUndelivered: false });
    const refused = JSON.stringify({ ...report, outcome: 'refused', failure: 'fence-refused' });
    expect(judge({ status: 'Failed', stdout: refused })).toMatchObject({ status: 'refused', isUndelivered: false });
  });

  test.each([
    ['Failed', 'Undeliverable', 'refused', true],
    ['Failed', 'RateExceeded', 'refused', true],
    ['Failed', 'Rate Exceeded', 'refused', true],
    ['Failed', 'Failed', 'failed', false],
    ['TimedOut', 'ExecutionTimedOut', 'failed', false],
    ['TimedOut', 'Execution Timed Out', 'failed', false],
    ['Failed', 'AccessDenied', 'failed', false],
    ['TimedOut', 'DeliveryTimedOut', 'unknown', false],
    ['Cancelled', 'Cancelled', 'unknown', false],
    ['Success', 'Success', 'unknown', false],
  ])('without a report, %s (%s) is %s', (status, statusDetails, expected, isUndelivered) => {
    expect(judge({ status, statusDetails })).toEqual({ kind: 'ended', status: expected, report: null, isUndelivered });
  });
});

test.each([
  ['nothing', ''],
  ['no JSON', 'Traceback (most recent call last):'],
  ['half a report', stdout.slice(0, 40)],
  ['no object', 'null'],
  ['another shape', '{"schema":2}'],
  ['the answer to another key', JSON.stringify({ ...report, key: 'other' })],
])('%s is no report', (_what, text) => {
  expect(parseReport(text, intent.key)).toBeNull();
});
