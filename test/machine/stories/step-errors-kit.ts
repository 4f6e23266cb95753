import type { World } from '../../fakes/world.ts';

export const denied = 'AccessDenied';
export const cause =
  'User: arn:aws:sts::123456789012:assumed-role/steps is not authorized to perform: ssm:SendCommand on resource: i-0a';
/** More than any bounded number of tries. */
const always = 3000;

/** What goes wrong with a function before it does anything: by default for good, and for host a. */
interface GivenError {
  readonly host?: string;
  readonly times?: number;
  readonly error?: string;
  readonly cause?: string;
}

/** Every call of this step for this host fails before it does anything. */
export function givenStepError(world: World, action: string, more: GivenError = {}): void {
  const isOfBalancer = action === 'drain' || action === 'join';
  world.givenFunctionFault(isOfBalancer ? 'RunBalancerStep' : 'RunHostStep', more.error ?? denied, {
    times: more.times ?? always,
    cause: more.cause ?? cause,
    matches: new RegExp(`"action":"${action}".*"instanceId":"${world.idOf(more.host ?? 'a')}"`),
  });
}

/** The reason of a deployment in which this step of host a failed for good. */
export function reasonOf(world: World, what: string, then = ''): string {
  return `${what} (${world.idOf('a')})${then}: ${denied}: ${cause}`;
}
