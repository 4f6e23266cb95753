import { oneLine } from '../../core/diagnosis/finding.ts';
import { errorNames, TransientAwsError } from '../../core/model/errors.ts';

/** Refused before anything was done: the account asks for more than its rate. */
const throttlingNames: readonly string[] = [
  'EC2ThrottledException',
  'ExecutionLimitExceeded',
  'KmsThrottlingException',
  'LimitExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottledException',
  'ThrottlingException',
  'TooManyRequestsException',
];

const transientNames: readonly string[] = [
  ...throttlingNames,
  'AbortError',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
];

/** Codes of Node's sockets and name lookups. */
export const networkCodes: readonly string[] = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
];

const deniedNames: readonly string[] = [
  'AccessDenied',
  'AccessDeniedException',
  'Forbidden',
  'KmsAccessDeniedException',
  'UnauthorizedOperation',
];

/** How deep the causes of an error are looked into. */
const maxCauses = 5;

interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** The name under which AWS or Node threw it: what is branched on, never the class and never the message. */
export function nameOf(error: unknown): string {
  const { name } = (error ?? {}) as SdkError;
  return typeof name === 'string' ? name : '';
}

/** HTTP status of the answer; undefined where there was none. */
function statusOf(error: unknown): number | undefined {
  return ((error ?? {}) as SdkError).$metadata?.httpStatusCode;
}

/** How often the SDK has sent the request, its own retries included. */
export function attemptsOf(error: unknown): number {
  return ((error ?? {}) as SdkError).$metadata?.attempts ?? 1;
}

/** IAM, or the policy of a resource, said no. The answer to a HEAD has no body, so it comes without AWS' own name. */
export function isDenied(error: unknown): boolean {
  const isNameless = ['', '403', 'Unknown', 'UnknownError'].includes(nameOf(error));
  return deniedNames.includes(nameOf(error)) || (isNameless && statusOf(error) === 403);
}

/** S3 has no such object. HEAD has no body, so its 404 comes as NotFound; a missing bucket has a name of its own. */
export function isAbsent(error: unknown): boolean {
  return nameOf(error) === 'NoSuchKey' || nameOf(error) === 'NotFound';
}

/** The condition of a request does not hold. */
export function isPreconditionFailed(error: unknown): boolean {
  return nameOf(error) === 'PreconditionFailed' || statusOf(error) === 412;
}

/** The request surely did nothing: it was refused for its rate or its clock, or never reached AWS. */
export function isSurelyUndone(error: unknown): boolean {
  const { code, $metadata } = (error ?? {}) as SdkError & { $metadata?: { readonly clockSkewCorrected?: boolean } };
  return (
    throttlingNames.includes(nameOf(error)) ||
    statusOf(error) === 429 ||
    $metadata?.clockSkewCorrected === true ||
    code === 'ECONNREFUSED' ||
    code === 'ENOTFOUND' ||
    code === 'EAI_AGAIN'
  );
}

function isTransient(error: unknown, depth = 0): boolean {
  const { code, cause } = (error ?? {}) as SdkError;
  const status = statusOf(error) ?? 0;
  return (
    transientNames.includes(nameOf(error)) ||
    status === 429 ||
    status >= 500 ||
    networkCodes.includes(String(code)) ||
    (cause !== undefined && depth < maxCauses && isTransient(cause, depth + 1))
  );
}

/**
 * The error in our words: throttling, 5xx, timeouts, aborts and trouble of the network become TransientAwsError; what
 * was denied keeps its name and says which action on what; everything else stays as it is, under the name that AWS gave
 * it. `action` is as IAM spells it (`s3:GetObject`).
 */
export function toKnownError(action: string, resource: string, error: unknown): unknown {
  if ((errorNames as readonly string[]).includes(nameOf(error))) {
    return error;
  }
  const told = toldBy(error);
  if (isTransient(error)) {
    const tries = attemptsOf(error) === 1 ? '' : ` after ${attemptsOf(error)} attempts`;
    return new TransientAwsError(
      nameOf(error) === 'AbortError'
        ? `${action} on ${resource} was ended before its answer came; what it asked for may have happened`
        : `${action} on ${resource} did not succeed${tries} (${told}): AWS is busy or out of reach; try again`,
      { cause: error },
    );
  }
  if (isDenied(error)) {
    const denied = new Error(
      `${action} on ${resource} was denied (${told}): the role must allow it, and no policy of the resource forbid it`,
      { cause: error },
    );
    denied.name = deniedNames.includes(nameOf(error)) ? nameOf(error) : 'AccessDenied';
    return denied;
  }
  return error;
}

/** What AWS said, on one line. An answer that was no answer of AWS (the page of a proxy) is told by its status. */
function toldBy(error: unknown): string {
  if (nameOf(error) === 'SyntaxError' && statusOf(error) !== undefined) {
    return `HTTP ${statusOf(error)}`;
  }
  const { message } = (error ?? {}) as SdkError;
  const parts = [nameOf(error), typeof message === 'string' ? oneLine(message) : ''];
  return parts.filter((part) => part !== '').join(': ');
}
