/**
 * What a host script prints on stdout: one JSON object of at most 20 kB, nothing before it. Secrets are redacted on
 * the host. The shape is shared by the scripts, the handlers and the diagnosis.
 */
export interface HostReport {
  readonly schema: 1;
  readonly script: 'install' | 'activate' | 'verify' | 'settle';
  readonly service: string;
  readonly deploymentId: string;
  /** The idempotency key of the command that this report answers. */
  readonly key: string;
  readonly fence: number;
  /** `done`: the host is as asked. `failed`: it is not. `refused`: nothing was done (lower fence, late start). */
  readonly outcome: 'done' | 'failed' | 'refused';
  /** A repeated key was answered with the earlier report. */
  readonly replayed: boolean;
  /** Coarse machine word of what went wrong, from the script's own point of view; absent when `done`. */
  readonly failure?: HostFailure;
  /** One sentence for a person. */
  readonly message: string;
  readonly startedAtSeconds: number;
  readonly finishedAtSeconds: number;
  /** What the host runs, as this script leaves it. */
  readonly host: {
    /** `v41-…`, `v0` (a unit that Rollgate did not write) or `none`. */
    readonly running: string;
    /** What ran before this deployment touched the host: same words. Absent until it was saved. */
    readonly previous?: string;
    readonly isActive: boolean;
    /** HTTP health answered as it should, once; null where it was not asked. */
    readonly isHealthy: boolean | null;
    readonly mainPid: number;
    /** The highest fence this host has acknowledged. */
    readonly fence: number;
    /** Service PIDs are the same before and after (install). */
    readonly isUntouched?: boolean;
  };
  /** install only. */
  readonly installed?: {
    readonly releaseId: string;
    readonly python: string;
    readonly platform: string;
    readonly virtualenv: string;
    readonly isVirtualenvReused: boolean;
    /** `name==version`, sorted; one line each, newline-terminated text is what `packagesSha256` hashes. */
    readonly packages: readonly string[];
    readonly packagesSha256: string;
  };
  /** verify and install's preflight: every check runs and reports. */
  readonly checks?: readonly HostCheck[];
  /** Warnings worth a line: running as root, an accepted but not preferred interpreter, … */
  readonly warnings?: readonly string[];
  /** Taken on failure, before anything is put back; see `Evidence`. */
  readonly evidence?: Evidence;
}

export interface HostCheck {
  /** `active`, `stable`, `http`, `upstream:cart`, `amqp:rabbitmq`, `journal`, `workers`. */
  readonly name: string;
  readonly isOk: boolean;
  /** Machine word of the failure; absent when ok. */
  readonly failure?: HostFailure;
  /** One sentence: what was seen. */
  readonly detail: string;
  /** Its verdict is shown and decides nothing (`health.reportOnly`). */
  readonly isReportOnly?: boolean;
}

/** `upstream:cart`, `amqp:rabbitmq`: the check of a service that this one calls. */
export function checkOfUpstream(kind: 'tcp' | 'amqp', name: string): string {
  return `${kind === 'amqp' ? 'amqp' : 'upstream'}:${name}`;
}

/** Checks that failed and did not count. */
export function reportedOnly(report: HostReport | null | undefined): readonly HostCheck[] {
  return (report?.checks ?? []).filter((check) => !check.isOk && check.isReportOnly === true);
}

/** The report without the checks that decide nothing: they are no reason for anything. */
export function decidingReport(report: HostReport): HostReport {
  return report.checks === undefined
    ? report
    : { ...report, checks: report.checks.filter((check) => check.isReportOnly !== true) };
}

/** The scripts' words for what went wrong. `core/diagnosis/diagnose.ts` turns them, with the evidence, into a cause. */
export const hostFailures = [
  'packages-failed',
  'interpreter-missing',
  'download-failed',
  'checksum-mismatch',
  'artifact-invalid',
  'pip-failed',
  'secret-unreadable',
  'upstream-unreachable',
  'upstream-refused',
  'name-unresolved',
  'amqp-auth-failed',
  'amqp-access-refused',
  'disk-full',
  'program-missing',
  'release-missing',
  'start-failed',
  'stop-failed',
  'not-active',
  'not-stable',
  'http-failed',
  'journal-pattern',
  'worker-deaths',
  'fence-refused',
  'late-refused',
  'clock-skew',
  'permission-denied',
  'out-of-memory',
  'previous-missing',
  'internal',
] as const;
export type HostFailure = (typeof hostFailures)[number];

/** Facts taken on the host for the diagnosis: all optional, all text bounded and redacted. */
export interface Evidence {
  readonly exitCode?: number;
  /** Chosen properties of `systemctl show`: `{ Result: "exit-code", ExecMainStatus: "22", NRestarts: "4" }`. */
  readonly systemd?: Readonly<Record<string, string>>;
  readonly dropIns?: readonly string[];
  /** Last journal lines of this start, oldest first. */
  readonly journal?: readonly string[];
  /** Who listens on the health port: `python3 (pid 812, root)`. */
  readonly portOwner?: string;
  readonly diskFreeBytes?: number;
  readonly memoryFreeBytes?: number;
  readonly oomKills?: number;
  /** The failing lines of pip, compiler errors included. */
  readonly pip?: readonly string[];
  /** The failing lines of another command: the package manager, systemctl. */
  readonly output?: readonly string[];
  /** HTTP answer: status (0 where there was none), first bytes of the body. */
  readonly http?: { readonly status: number; readonly body: string };
  /** Where a program was looked for. */
  readonly lookedFor?: readonly string[];
  /** The first line in the script that failed, for failure `internal`. */
  readonly scriptLine?: string;
}
