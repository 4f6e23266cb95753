import type { DeploymentOutcome, HostOutcome, ReportedCheck } from '../model/deployment-records.ts';
import type { Reason } from '../model/reasons.ts';
import { runningLabel } from './release-label.ts';
import { endMeanings, type Mess } from './status-words.ts';

/** The end of a deployment. What an operator needs first, whether a mess was left, stands first. */
export interface EndView {
  readonly mess: Mess;
  /** What the end state means, in one sentence. */
  readonly meaning: string;
  /** Why it ended so. */
  readonly reason: Reason;
  readonly errorName: string | null;
  readonly hosts: readonly HostEnd[];
}

/** One host as it was left. */
export interface HostEnd {
  readonly instanceId: string;
  readonly name: string;
  readonly status: HostOutcome['status'];
  /** `v42`, `nothing`, `not seen` */
  readonly running: string;
  readonly observedAt: string | null;
  readonly cause: string | null;
  readonly remedy: string | null;
  /** What to type to mend the cause, where one command does. */
  readonly command?: string;
  /** What to type to repair it. */
  readonly repair: string | null;
  /** Why it was left out. */
  readonly why: string | null;
  /** `http would have failed: … (report only)` */
  readonly reported: readonly string[];
  /** Its load balancer sends it no requests. */
  readonly isOutside: boolean;
  /** What a later deployment that fails puts it back on: `v41`, `nothing`; absent but after `halt --keep`. */
  readonly goesBackTo?: string;
}

export function endView(outcome: DeploymentOutcome): EndView {
  const { mess, text } = endMeanings[outcome.isDryRun && outcome.status === 'Succeeded' ? 'Planned' : outcome.status];
  return {
    mess,
    meaning: text,
    reason: outcome.reason,
    errorName: outcome.errorName,
    hosts: outcome.hosts.map((host) => ({
      instanceId: host.instanceId,
      name: host.name,
      status: host.status,
      running: runningLabel(host.running),
      observedAt: host.observedAt,
      cause: host.diagnosis?.meaning ?? null,
      remedy: host.diagnosis?.remedy ?? null,
      ...(host.diagnosis?.command === undefined ? {} : { command: host.diagnosis.command }),
      repair: host.repair,
      why: host.status === 'skipped' ? (host.why ?? 'offline') : null,
      reported: (host.reported ?? []).map(reportedText),
      isOutside: host.isOutside ?? false,
      ...(host.goesBackTo === undefined ? {} : { goesBackTo: runningLabel(host.goesBackTo) }),
    })),
  };
}

/** `http would have failed: answered 500, not 200 (report only)` */
export function reportedText({ name, detail }: ReportedCheck): string {
  return `${name} would have failed: ${detail} (report only)`;
}
