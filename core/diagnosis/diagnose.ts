import type { Diagnosis } from '../model/diagnosis.ts';
import { decidingReport, type HostCheck, type HostFailure, type HostReport } from '../model/host-report.ts';
import type { HostConfiguration } from '../model/release-manifest.ts';
import type { ReadIngress } from '../network/judge-ingress.ts';
import { diagnosePip } from './diagnose-pip.ts';
import { diagnosePlatform, type PlatformFacts } from './diagnose-platform.ts';
import { diagnoseRun } from './diagnose-run.ts';
import { connectionException, diagnoseStart, programMissing } from './diagnose-start.ts';
import { diagnoseUpstream, type SilentUpstream, silentUpstream } from './diagnose-upstream.ts';
import { finding, oneLine } from './finding.ts';
import { readJournal } from './journal-facts.ts';
import type { ServiceFacts } from './service-facts.ts';
import { type ReleaseBefore, whoseFault } from './whose-fault.ts';

/** What is known of a step that did not end well; the more, the more exact the diagnosis. */
export interface DiagnosisFacts extends PlatformFacts {
  readonly report?: HostReport | null | undefined;
  /** The release's configuration: names variables, sources, users and ports. */
  readonly configuration?: HostConfiguration | undefined;
  /** `name==version` of the release's virtualenv. */
  readonly packages?: readonly string[] | undefined;
  /** What the security groups have to do with `upstreamToLookUp`. */
  readonly ingress?: ReadIngress | undefined;
  /** Tells a fault that the release before shows too from one that came with this release. */
  readonly before?: ReleaseBefore | undefined;
  /** When the report was read, by our own clock. */
  readonly nowSeconds?: number | undefined;
}

/**
 * One cause from the closed list, with what it means and what to do next. The host's own report tells best; without one
 * SSM's status does.
 */
export function diagnose(facts: DiagnosisFacts): Diagnosis {
  const { report } = facts;
  if (report === undefined || report === null || facts.sendRefused !== undefined) {
    return diagnosePlatform(facts);
  }
  const service: ServiceFacts = {
    report: decidingReport(report),
    configuration: facts.configuration,
    packages: facts.packages,
  };
  return (
    diagnoseInstall(service) ??
    diagnoseRefusal(report, facts.nowSeconds) ??
    diagnoseService(service, facts) ??
    diagnoseScript(report)
  );
}

/**
 * The upstream whose security groups explain this failure or do not; undefined where they have nothing to do with it. It
 * is the one that `diagnose` speaks of.
 */
export function upstreamToLookUp(facts: DiagnosisFacts): SilentUpstream | undefined {
  const { report, configuration } = facts;
  if (report === undefined || report === null || diagnose(facts).cause !== 'upstream-unreachable') {
    return undefined;
  }
  const failed = upstreamChecks(decidingReport(report)).find(
    (check) => diagnoseUpstream(check, configuration) !== undefined,
  );
  return failed === undefined ? undefined : silentUpstream(failed, configuration);
}

/** The root cause first: what keeps a service from starting, then what it calls, then how it runs. */
function diagnoseService(
  facts: ServiceFacts,
  { ingress, before }: Pick<DiagnosisFacts, 'ingress' | 'before'>,
): Diagnosis | undefined {
  const start = diagnoseStart(facts);
  const upstream = upstreamChecks(facts.report)
    .map((check) => {
      const found = diagnoseUpstream(check, facts.configuration, ingress);
      return found === undefined ? undefined : whoseFault(found, nameOf(check), facts.configuration, before);
    })
    .find((found) => found !== undefined);
  if (upstream !== undefined && start?.cause === 'app-load-failed') {
    // The application did not load because what it connects to while loading did not answer.
    const { exception } = readJournal(facts.report.evidence?.journal ?? []);
    return exception !== undefined && connectionException.test(exception) ? upstream : start;
  }
  return start ?? upstream ?? diagnoseRun(facts);
}

/** `cart` of `upstream:cart`. */
function nameOf(check: HostCheck): string {
  return check.name.slice(check.name.indexOf(':') + 1);
}

const upstreamFailures: readonly (HostFailure | undefined)[] = [
  'upstream-unreachable',
  'upstream-refused',
  'name-unresolved',
  'amqp-auth-failed',
  'amqp-access-refused',
];

/** The checks of a report; where they had no room in it, the one that its message tells of: `upstream:cart: detail`. */
function upstreamChecks({ checks, failure, message }: HostReport): readonly HostCheck[] {
  const isTold = checks?.some((check) => !check.isOk && /^(?:upstream|amqp):/.test(check.name)) ?? false;
  if (isTold || failure === undefined || !upstreamFailures.includes(failure)) {
    return checks ?? [];
  }
  const [, name, detail] = /^((?:upstream|amqp):[^:\s]+): (.*)$/s.exec(message) ?? [];
  return [{ name: name ?? 'upstream:an upstream', isOk: false, failure, detail: detail ?? message }];
}

/** Failures of `install` before anything is tried, and of any script that met a full disk. */
function diagnoseInstall(facts: ServiceFacts): Diagnosis | undefined {
  const { report, configuration } = facts;
  const file = `services/${report.service}.yml`;
  const evidence = report.evidence ?? {};
  switch (report.failure) {
    case 'pip-failed':
      return diagnosePip({
        lines: evidence.pip ?? [report.message],
        requirementsFile: configuration?.runtime.requirementsFile ?? 'requirements.txt',
        configFile: file,
      });
    case 'packages-failed':
      return finding(
        'os-packages-failed',
        report.message,
        `run the package manager by hand on the host; correct runtime.packages in ${file} if a name is wrong`,
      );
    case 'interpreter-missing':
      return interpreterMissing(facts, file);
    case 'program-missing':
      return programMissing(facts);
    case 'checksum-mismatch':
      return finding(
        'artifact-corrupt',
        `what this host downloaded is not what was released: ${report.message}`,
        'rerun the deployment; if it happens again, someone changed the state bucket: compare its object versions',
      );
    case 'artifact-invalid':
      return finding('artifact-invalid', report.message, 'pack the zip anew and upload it again');
    case 'download-failed':
      return finding(
        'download-failed',
        `this host could not download the release: ${report.message}`,
        "check the host's way to S3 (VPC endpoint, NAT gateway, DNS) and rerun the deployment",
      );
    case 'secret-unreadable':
      return finding(
        'secret-unreadable',
        report.message,
        /ExpiredToken/.test(report.message)
          ? "the credentials of the instance's role have expired and were not renewed: check its instance profile and " +
              'its way to the instance metadata, then rerun the deployment'
          : `create the SecureString parameter, or let the instance's role read it (ssm:GetParameters, kms:Decrypt)`,
      );
    case 'disk-full':
      return finding(
        'disk-full',
        `${report.message}${freeSpace(evidence.diskFreeBytes)}`,
        `free some space on the host (df -h /app), or lower retention.releases in ${file}, and rerun the deployment`,
      );
    default:
      return undefined;
  }
}

function interpreterMissing({ report, configuration }: ServiceFacts, file: string): Diagnosis {
  const python = configuration?.runtime.python;
  const versions = python === undefined ? undefined : [python.preferred, ...python.accepted].join(', ');
  const looked = report.evidence?.lookedFor ?? [];
  return finding(
    'interpreter-missing',
    `${versions === undefined ? report.message : `this host has none of Python ${versions}`}` +
      `${looked.length === 0 ? '' : `; looked for ${looked.join(', ')}`}`,
    `add the package of one of them to runtime.packages in ${file}, or the host's own version (python3 --version) to runtime.python.accepted`,
  );
}

function freeSpace(bytes: number | undefined): string {
  return bytes === undefined ? '' : ` (${Math.floor(bytes / 1024 / 1024)} MB free)`;
}

/** Seconds that the clock of a host may be ahead of ours before its word on what is late counts for nothing. */
const maxAheadSeconds = 30;

const clockRemedy = 'start its time service (systemctl restart chronyd, timedatectl) and rerun the deployment';

/** What a host refused, or could not do for reasons of its own. */
function diagnoseRefusal(report: HostReport, nowSeconds: number | undefined): Diagnosis | undefined {
  const aheadSeconds = Math.floor(report.startedAtSeconds - (nowSeconds ?? report.startedAtSeconds));
  switch (report.failure) {
    case 'late-refused':
      if (aheadSeconds > maxAheadSeconds) {
        return finding(
          'clock-skew',
          `the clock of this host is at least ${aheadSeconds} s ahead: it took a command for late that was not, and changed nothing`,
          clockRemedy,
        );
      }
      return finding(
        'late-command-refused',
        `the command reached the host too late and changed nothing: ${report.message}`,
        'nothing to do: it is sent again; if it happens often, look at the SSM agent of the host and at its clock (timedatectl)',
      );
    case 'fence-refused':
      return finding(
        'fence-refused',
        `the host has heard of a newer deployment and changed nothing: ${report.message}`,
        'nothing to do: see rollgate status for the deployment that holds the target now',
      );
    case 'clock-skew':
      return finding('clock-skew', report.message, clockRemedy);
    case 'permission-denied':
      return finding(
        'permission-denied',
        report.message,
        "compare the instance profile with the one in Rollgate's documentation, and the rights on /app and /etc/rollgate",
      );
    case 'release-missing':
      return finding(
        'release-missing',
        report.message,
        'rerun the deployment: install puts the release back on the host',
      );
    case 'previous-missing':
      return finding(
        'previous-missing',
        `this host does not know what ran before: ${report.message}`,
        'deploy a release to this host by name: rollgate deploy --release vN --hosts <instance id>',
      );
    case 'stop-failed':
      return finding(
        'stop-failed',
        report.message,
        'look for processes in uninterruptible sleep (ps ax -o pid,stat,wchan,args); reboot the host if they stay',
      );
    default:
      return undefined;
  }
}

/** Nothing better is known than what the script itself says. */
function diagnoseScript(report: HostReport): Diagnosis {
  const line = report.evidence?.scriptLine;
  if (report.failure === 'start-failed') {
    return finding('start-failed', report.message, `systemctl status ${report.service} on the host tells more`);
  }
  if (report.failure === 'internal') {
    return finding(
      'script-failed',
      `${report.script} failed by itself: ${oneLine(report.message, 250)}${line === undefined || report.message.includes(line) ? '' : ` (${line})`}`,
      'rerun the deployment: the scripts are safe to run again; if it stays, this is a bug of Rollgate or of the host',
    );
  }
  return finding('unknown', report.message, 'read the report of this host in the ledger, then rerun the deployment');
}
