import type { Diagnosis } from '../model/diagnosis.ts';
import type { StepAction } from '../model/statuses.ts';
import { finding, firstMatch, oneLine } from './finding.ts';

/** An error of AWS or of the machine at which one step of one host was given up. */
export interface FailedCall {
  readonly action: StepAction;
  readonly name: string;
  readonly cause: string;
  /** The step had its intent: it may have reached the host, and nobody could ask what became of it. */
  readonly isBegun: boolean;
}

/** Names under which IAM, KMS, S3 and EC2 say no. */
const denied = /^(?:AccessDenied|AccessDeniedException|Forbidden|KmsAccessDeniedException|UnauthorizedOperation)$/;

/** How the services of AWS spell that an account asks too often or has too much of something. */
const limit =
  /\b(\w*(?:Throttl(?:ing|ed)|LimitExceeded|QuotaExceeded|TooManyRequests|TooManyUpdates|SlowDown|RateExceeded)\w*)\b/;

/** As IAM spells it: `ssm:SendCommand`. */
const permission = /\b((?:[a-z][a-z0-9]*-)*[a-z][a-z0-9]*:[A-Z][A-Za-z]+)\b/;

const again = 'then rerun the deployment';

/** Why a step could not be begun, or not be followed: the permission or the limit is named where the error names one. */
export function diagnoseError(call: FailedCall): Diagnosis {
  const { name, cause } = call;
  const meaning = `${whatFailed(call)}: ${errorText(call)}`;
  const asked = firstMatch([cause], permission);
  if (denied.test(name)) {
    const right = asked ?? 'what the error names';
    return finding(
      'permission-denied',
      meaning,
      `allow ${right} to the role of the function that failed (deploy the stack again; look for a service control policy), ${again}`,
    );
  }
  const reached = firstMatch([name, cause], limit);
  if (reached !== undefined) {
    const what = asked === undefined ? '' : ` of ${asked}`;
    return finding(
      'limit-reached',
      meaning,
      `see who else asks for as much (CloudTrail), or ask AWS for a higher limit${what} (${reached}), ${again}`,
    );
  }
  return finding(
    'call-failed',
    meaning,
    `read the log of the function (aws logs tail), and see https://health.aws.amazon.com; ${again}`,
  );
}

/** `activate could not be sent`, `join could not be asked for`, `gate gave no answer` */
export function whatFailed({ action, isBegun }: Pick<FailedCall, 'action' | 'isBegun'>, where = ''): string {
  const to = where === '' ? '' : ` to ${where}`;
  const of = where === '' ? '' : ` on ${where}`;
  if (isBegun) {
    return `${action}${of} gave no answer`;
  }
  return action === 'drain' || action === 'join'
    ? `${action}${of} could not be begun`
    : `${action} could not be sent${to}`;
}

/** `AccessDenied: ssm:SendCommand on i-0a was denied`, on one line. */
export function errorText({ name, cause }: Pick<FailedCall, 'name' | 'cause'>): string {
  const text = cause === '' || cause.startsWith(`${name}: `) ? cause || name : `${name}: ${cause}`;
  return oneLine(text, longestError);
}

/** Letters of an error in a sentence. */
const longestError = 300;
