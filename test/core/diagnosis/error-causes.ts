import { diagnoseError, type FailedCall } from '../../../core/diagnosis/diagnose-error.ts';

const call = { action: 'activate', isBegun: false } as const;

/** Errors of functions, as Lambda and the machine tell of them. */
export const errorCases = {
  denied: {
    ...call,
    name: 'AccessDeniedException',
    cause: 'User: arn:aws:sts::1:assumed-role/steps is not authorized to perform: ssm:SendCommand on resource: i-0a',
  },
  deniedByUs: {
    action: 'revert',
    isBegun: false,
    name: 'AccessDenied',
    cause: 's3:GetObject on ledger/state.json was denied (AccessDenied): the role must allow it',
  },
  throttled: {
    ...call,
    name: 'TransientAwsError',
    cause: 'ssm:SendCommand on i-0a did not succeed after 3 attempts (ThrottlingException: Rate exceeded): AWS is busy',
  },
  limit: {
    action: 'drain',
    isBegun: false,
    name: 'RequestLimitExceeded',
    cause: 'Request limit exceeded.',
  },
  quota: { ...call, name: 'ServiceQuotaExceededException', cause: 'too many commands' },
  timedOut: { ...call, name: 'Sandbox.Timedout', cause: 'Task timed out after 9.00 seconds' },
  unknown: { action: 'verify', isBegun: true, name: 'Lambda.Unknown', cause: '' },
} as const satisfies Readonly<Record<string, FailedCall>>;

/** Causes that no host reports: an error of a function says them. */
export const errorCauses = Object.values(errorCases).map((each) => diagnoseError(each).cause);
