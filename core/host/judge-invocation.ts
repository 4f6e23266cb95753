import type { StepIntent } from '../model/deployment-records.ts';
import type { HostReport } from '../model/host-report.ts';

/** What SSM says of the command of one step, as far as it matters here. */
export interface InvocationFacts {
  readonly intent: StepIntent;
  readonly invocation: {
    readonly status: string;
    readonly statusDetails: string;
    readonly responseCode: number;
    readonly stdout: string;
  } | null;
  readonly nowMilliseconds: number;
  /** EC2's word for the instance; absent where it was not asked, as it is only at a heartbeat. */
  readonly hostState?: string;
}

export type Verdict =
  /** Still on its way: the event or the next heartbeat asks again. */
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'ended';
      readonly status: 'done' | 'failed' | 'refused' | 'unknown';
      readonly report: HostReport | null;
      /** SSM says that the command never reached the host. */
      readonly isUndelivered: boolean;
    };

const terminalStatuses: readonly string[] = ['Success', 'Failed', 'Cancelled', 'TimedOut'];

/** The command never reached the host, or the service had no room for it. */
const undeliveredDetails: readonly string[] = ['Undeliverable', 'RateExceeded'];

/**
 * What the end of a command means. Only the host's own report makes a step done; a command that ended without one has
 * failed, and one of which nobody knows whether it ran stays unknown, which means: assume that it happened.
 */
export function judgeInvocation(facts: InvocationFacts): Verdict {
  const { intent, invocation } = facts;
  if (invocation === null || !terminalStatuses.includes(invocation.status)) {
    const isLost = facts.nowMilliseconds > intent.deadlineMilliseconds;
    return isLost || isHostGone(facts.hostState) ? ended('unknown', null, false) : { kind: 'pending' };
  }
  const report = parseReport(invocation.stdout, intent.key);
  if (report !== null) {
    return ended(report.outcome, report, false);
  }
  const details = invocation.statusDetails.replaceAll(' ', '');
  if (undeliveredDetails.includes(details)) {
    return ended('refused', null, true);
  }
  // "Delivery timed out" is also what becomes of a command whose agent died in the middle: it may have run.
  const isKnownEnd = invocation.status === 'Failed' || details === 'ExecutionTimedOut' || details === 'AccessDenied';
  return ended(isKnownEnd ? 'failed' : 'unknown', null, false);
}

/**
 * An instance that is off runs nothing, and SSM may take an hour to say so of its command. One that reboots is `running`
 * to EC2 all the time.
 */
function isHostGone(state: string | undefined): boolean {
  return state !== undefined && goneStates.includes(state);
}

const goneStates: readonly string[] = ['stopping', 'stopped', 'shutting-down', 'terminated'];

/** The report of a host, if the text is one and answers this key. */
export function parseReport(stdout: string, key: string): HostReport | null {
  try {
    const report = JSON.parse(stdout) as HostReport;
    return report.schema === 1 && report.key === key ? report : null;
  } catch {
    return null;
  }
}

function ended(
  status: 'done' | 'failed' | 'refused' | 'unknown',
  report: HostReport | null,
  isUndelivered: boolean,
): Verdict {
  return { kind: 'ended', status, report, isUndelivered };
}
