import { expect, test } from 'vitest';
import { diagnoseError, whatFailed } from '../../../core/diagnosis/diagnose-error.ts';
import { errorCases } from './error-causes.ts';

test.each([
  ['denied', 'permission-denied', 'ssm:SendCommand'],
  ['deniedByUs', 'permission-denied', 's3:GetObject'],
  ['throttled', 'limit-reached', 'ssm:SendCommand (ThrottlingException)'],
  ['limit', 'limit-reached', '(RequestLimitExceeded)'],
  ['quota', 'limit-reached', '(ServiceQuotaExceededException)'],
  ['timedOut', 'call-failed', 'aws logs tail'],
  ['unknown', 'call-failed', 'aws logs tail'],
] as const)('%s is %s, and what to do names %s', (name, cause, named) => {
  const found = diagnoseError(errorCases[name]);

  expect(found.cause).toBe(cause);
  expect(found.remedy).toContain(named);
});

test('the meaning says what could not be done, and quotes the error', () => {
  expect(Object.values(errorCases).map((each) => diagnoseError(each).meaning.slice(0, 70))).toMatchInlineSnapshot(`
    [
      "activate could not be sent: AccessDeniedException: User: arn:aws:sts::",
      "revert could not be sent: AccessDenied: s3:GetObject on ledger/state.j",
      "activate could not be sent: TransientAwsError: ssm:SendCommand on i-0a",
      "drain could not be begun: RequestLimitExceeded: Request limit exceeded",
      "activate could not be sent: ServiceQuotaExceededException: too many co",
      "activate could not be sent: Sandbox.Timedout: Task timed out after 9.0",
      "verify gave no answer: Lambda.Unknown",
    ]
  `);
});

test('a cause that begins with its own name says it once', () => {
  const { meaning } = diagnoseError({ ...errorCases.limit, cause: 'RequestLimitExceeded: no more' });

  expect(meaning).toBe('drain could not be begun: RequestLimitExceeded: no more');
});

test('an error of any length stays one line that a person reads', () => {
  const { meaning, remedy } = diagnoseError({ ...errorCases.denied, cause: 'x\n'.repeat(20_000) });

  expect(meaning).not.toContain('\n');
  expect([meaning, remedy].every((line) => line.length <= 400)).toBe(true);
});

test.each([
  [{ action: 'activate', isBegun: false }, 'activate could not be sent to a (i-0a)'],
  [{ action: 'join', isBegun: false }, 'join on a (i-0a) could not be begun'],
  [{ action: 'verify', isBegun: true }, 'verify on a (i-0a) gave no answer'],
] as const)('%o of a host: %s', (call, text) => {
  expect(whatFailed(call, 'a (i-0a)')).toBe(text);
});
