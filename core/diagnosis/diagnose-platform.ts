import type { Diagnosis } from '../model/diagnosis.ts';
import { finding } from './finding.ts';

/** What SSM says of a command for which there is no report. */
export interface PlatformFacts {
  readonly invocation?:
    | { readonly status: string; readonly statusDetails: string; readonly responseCode: number }
    | undefined;
  /** SendCommand refused the host, with this reason. */
  readonly sendRefused?: string | undefined;
  /** What kind of refusal that was; `unreachable` where it is not said. */
  readonly whyRefused?: 'unreachable' | 'denied' | 'wrong-platform' | undefined;
  /** EC2's word for an instance that is off or going away, where that is why nobody waits for the command any more. */
  readonly hostGone?: string | undefined;
  /** SSM had the host online when the deployment was planned. */
  readonly wasOnline?: boolean | undefined;
}

const agentRemedy =
  'on the host: systemctl status amazon-ssm-agent; check its instance profile and its way to the SSM endpoints, then rerun the deployment';

/** Exit code that the agent gives a script which it killed; the kernel gives it to one that ran out of memory. */
const killedExitCode = 137;

/** Why there is no report: the host, the agent, the delivery or the script. */
export function diagnosePlatform(facts: PlatformFacts): Diagnosis {
  if (facts.sendRefused !== undefined) {
    return refusedSend(facts.sendRefused, facts);
  }
  if (facts.hostGone !== undefined) {
    return lostHost(`its instance is ${facts.hostGone}`);
  }
  const { invocation } = facts;
  if (invocation === undefined) {
    return facts.wasOnline === false
      ? refusedHost('not online', false)
      : finding(
          'command-lost',
          'SSM knows nothing of the command: nobody can tell whether it ran',
          'nothing to do: the host is asked what it runs, and a late command changes nothing; rollgate explain shows what was found',
        );
  }
  const details = invocation.statusDetails.replaceAll(' ', '');
  switch (details) {
    case 'DeliveryTimedOut':
      return finding(
        'delivery-timed-out',
        'the agent did not take the command in time: it is stopped, busy or the host hangs',
        agentRemedy,
      );
    case 'Undeliverable':
    case 'Terminated':
      return lostHost(`SSM could not deliver the command (${details})`);
    case 'ExecutionTimedOut':
      return timedOut(invocation.responseCode);
    case 'AccessDenied':
      return deniedHost('AccessDenied');
    case 'InvalidPlatform':
      return wrongPlatform();
    case 'RateExceeded':
      return finding(
        'command-lost',
        'SSM had no room for the command (RateExceeded)',
        'nothing to do: it is sent again; fewer commands at once (maxUnavailable) help if it stays',
      );
    default:
      return byStatus(invocation.status, details, invocation.responseCode);
  }
}

function byStatus(status: string, details: string, responseCode: number): Diagnosis {
  if (status === 'Cancelled' || status === 'Cancelling') {
    return finding(
      'command-cancelled',
      'the command was cancelled before it had ended',
      'nothing to do if you cancelled it; else look for CancelCommand in CloudTrail',
    );
  }
  if (status === 'TimedOut') {
    return timedOut(responseCode);
  }
  if (status === 'Failed' || status === 'Success') {
    return finding(
      'script-failed',
      `the script ended with exit code ${responseCode} and without a report`,
      'read its standard error (aws ssm get-command-invocation); often the disk is full or /tmp can not run programs',
    );
  }
  return finding(
    'command-lost',
    `the command is still ${status === '' ? 'unknown' : status}${details === '' || details === status ? '' : ` (${details})`} after its deadline`,
    agentRemedy,
  );
}

function refusedSend(reason: string, { whyRefused, wasOnline }: PlatformFacts): Diagnosis {
  switch (whyRefused ?? 'unreachable') {
    case 'unreachable':
      return refusedHost(reason, wasOnline ?? false);
    case 'denied':
      return deniedHost(reason);
    case 'wrong-platform':
      return wrongPlatform();
  }
}

function deniedHost(reason: string): Diagnosis {
  return finding(
    'permission-denied',
    `SSM denied the command on this host (${reason})`,
    "the deployer's role may send commands only to instances that carry the tag rollgate:<service> with the stage as its value: tag the host",
  );
}

function wrongPlatform(): Diagnosis {
  return finding(
    'unknown',
    'the documents are for Linux, and this host is none',
    'take the tags of the target off this host',
  );
}

function refusedHost(reason: string, wasOnline: boolean): Diagnosis {
  return wasOnline
    ? lostHost(`SSM no longer takes commands for it (${reason})`)
    : finding(
        'agent-offline',
        `SSM does not reach this host (${reason}): it is stopped, its agent does not run, or it may not register`,
        `${agentRemedy}; rollout.offlineHosts: skip leaves such hosts out`,
      );
}

function lostHost(why: string): Diagnosis {
  return finding(
    'host-lost',
    `the host went away during the deployment: ${why}`,
    'see whether it was stopped, terminated or rebooted (aws ec2 describe-instance-status), then rerun the deployment',
  );
}

function timedOut(responseCode: number): Diagnosis {
  return finding(
    'execution-timed-out',
    `the script took longer than its document allows and was killed${
      responseCode === killedExitCode ? '' : ` (exit code ${responseCode})`
    }`,
    'look at the load, the memory and the package mirrors of the host (uptime, free, dmesg), then rerun the deployment',
  );
}
