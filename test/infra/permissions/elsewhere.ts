import type { Request } from './iam.ts';
import { withoutIds } from './recorded-calls.ts';

/**
 * The same actions on what is not this stage's: another account, stack, service, bucket or object, instances that have not
 * opted in; and writes without their condition. A policy that allows one of these says `*` where it could name something,
 * or forgot a condition.
 */
export function elsewhere(requests: readonly Request[]): readonly Request[] {
  const meant = new Set(requests.map(kindOf));
  const others = requests.flatMap((request) => [...inOtherPlaces(request), ...underOtherConditions(request)]);
  return [...new Map(others.map((other) => [JSON.stringify(other), other])).values()].filter(
    (other) => !meant.has(kindOf(other)),
  );
}

const moves: readonly (readonly [string, string])[] = [
  [':111122223333:', ':999999999999:'],
  ['rollgate-payment-prod', 'rollgate-payment-prodx'],
  ['/rollgate/payment/', '/rollgate/paymentx/'],
  ['roboshop-builds', 'roboshop-buildsx'],
  ['payment.zip', 'payment.zipx'],
  ['parameter/payment/prod/', 'parameter/payment/prodx/'],
  ['key/ParameterKey', 'key/ParameterKeyx'],
];

function inOtherPlaces(request: Request): readonly Request[] {
  return moves
    .map(([from, to]) => request.resource.replace(from, to))
    .filter((resource) => resource !== request.resource)
    .map((resource) => ({ ...request, resource }));
}

function underOtherConditions(request: Request): readonly Request[] {
  const { context = {} } = request;
  // Which prefix is listed makes no difference to who may list: see the head of roles.yml.
  const keys = Object.keys(context).filter((key) => key !== 's3:prefix');
  return keys.flatMap((key) => {
    const { [key]: value, ...rest } = context;
    const other = { ...request, context: { ...context, [key]: `x${value}x` } };
    return [{ ...request, context: rest }, ...(isOfAnyValue(key) ? [] : [other])];
  });
}

/** Requests that differ in nothing but ids and ETags are one. */
export function kindOf({ action, resource, context = {} }: Request): string {
  const conditions = Object.entries(context).map(([key, value]) => (isOfAnyValue(key) ? key : `${key}=${value}`));
  return JSON.stringify([action, withoutIds(resource), conditions.sort()]);
}

/** Any ETag is as good a condition as another. */
function isOfAnyValue(key: string): boolean {
  return key === 's3:if-match' || key === 's3:if-none-match';
}
