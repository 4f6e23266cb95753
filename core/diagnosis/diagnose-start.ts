import type { Diagnosis } from '../model/diagnosis.ts';
import { finding, firstMatch, oneLine } from './finding.ts';
import { type ReadFacts, readFacts, type ServiceFacts } from './service-facts.ts';

/** Exit statuses that systemd itself gives a process it could not start (systemd.exec, "Process exit codes"). */
const systemdExitStatuses: Readonly<Record<string, string>> = {
  '200': 'its working directory is not there',
  '203': 'its program could not be run',
  '209': 'its standard output could not be set up',
  '216': 'its group does not exist',
  '217': 'its user does not exist',
  '226': 'its mount namespace could not be set up',
};

/** uWSGI's exit status for an application that does not load (`--need-app`). */
const uwsgiNoApp = '22';

/** An exception that says no more than that another service did not answer. */
export const connectionException =
  /^(?:\w+\.)*(?:ConnectionRefusedError|ConnectionResetError|TimeoutError|ConnectTimeout|ConnectionError|NewConnectionError|AMQPConnectionError|ProbableAuthenticationError|ProbableAccessDeniedError|gaierror|timeout)\b/;

/** Why a service did not start: known from what it and systemd said, whichever check failed. */
export function diagnoseStart(facts: ServiceFacts): Diagnosis | undefined {
  const read = readFacts(facts);
  return outOfMemory(read) ?? notExecuted(read) ?? portInUse(read) ?? badOptions(read) ?? notLoaded(read);
}

function outOfMemory({ evidence, service, report }: ReadFacts): Diagnosis | undefined {
  const kills = evidence.oomKills ?? 0;
  if (kills === 0 && report.failure !== 'out-of-memory' && evidence.systemd?.['Result'] !== 'oom-kill') {
    return undefined;
  }
  const free = evidence.memoryFreeBytes;
  return finding(
    'out-of-memory',
    `the kernel killed ${service} for memory${kills > 1 ? ` ${kills} times` : ''}` +
      `${free === undefined ? '' : `; ${Math.round(free / 1024 / 1024)} MB are free now`}`,
    'give the host more memory, or start fewer workers (processes in the ini file)',
  );
}

function notExecuted(read: ReadFacts): Diagnosis | undefined {
  const { evidence, service, report, journal } = read;
  const status = evidence.systemd?.['ExecMainStatus'] ?? '';
  const isMissing = status === '203' || report.failure === 'program-missing';
  if (isMissing) {
    return programMissing(read);
  }
  if (!Object.hasOwn(systemdExitStatuses, status)) {
    return undefined;
  }
  const said = firstMatch(journal.lines, /Failed (?:to|at step) .+/);
  return finding(
    'start-failed',
    `systemd could not start ${service}: ${systemdExitStatuses[status]} (status ${status})` +
      `${said === undefined ? '' : `: ${oneLine(said, 160)}`}`,
    `run install again (rerun the deployment); systemctl cat ${service} shows what the unit names`,
  );
}

/** `uwsgi` (or whatever `run.program` says) is not where the unit expects it. */
export function programMissing(facts: ServiceFacts): Diagnosis {
  const { report, configuration, packages } = facts;
  const program = configuration?.run.program ?? 'uwsgi';
  const requirementsFile = configuration?.runtime.requirementsFile ?? 'requirements.txt';
  const looked = report.evidence?.lookedFor ?? [];
  const execPath = /path=(\S+)/.exec(report.evidence?.systemd?.['ExecStart'] ?? '')?.[1];
  const places = looked.length > 0 ? looked.join(', ') : (execPath ?? "the virtualenv's bin directory");
  const resolved = packages ?? report.installed?.packages;
  const isInstalled = resolved?.some((line) => line.toLowerCase().startsWith(`${program.toLowerCase()}==`));
  if (isInstalled === true) {
    return finding(
      'uwsgi-not-found',
      `${program} can not be run, though ${requirementsFile} brings it; looked for at ${places}`,
      'the virtualenv is damaged or its Python is gone: remove its directory under /app/venvs and rerun the deployment',
    );
  }
  return finding(
    'uwsgi-not-found',
    `${program} is not in the release's virtualenv${isInstalled === false ? `: ${requirementsFile} does not bring it` : ''}; ` +
      `looked for at ${places}`,
    `add ${program === 'uwsgi' ? 'uWSGI' : program} to ${requirementsFile} and upload again, or correct run.program in services/${report.service}.yml`,
  );
}

function portInUse({ evidence, journal, configuration, service }: ReadFacts): Diagnosis | undefined {
  if (firstMatch(journal.lines, /Address already in use/) === undefined) {
    return undefined;
  }
  const port =
    firstMatch(journal.lines, /same address \(\S*:(\d+)\)/) ?? configuration?.health.port ?? 'of the service';
  const owner = evidence.portOwner;
  const pid = /pid (\d+)/.exec(owner ?? '')?.[1];
  return finding(
    'port-in-use',
    `port ${port} is taken by ${owner ?? 'another process'}, so ${service} could not listen`,
    pid === undefined
      ? `find and stop it on the host (ss --listening --tcp --processes 'sport = :${port}'), then rerun the deployment`
      : `stop that process on the host (systemctl status ${pid} names its unit), then rerun the deployment`,
  );
}

function badOptions({ journal, configuration, service, file }: ReadFacts): Diagnosis | undefined {
  const identity = firstMatch(
    journal.lines,
    /cannot set[gu]id\(\) as non-root user|set[gu]id\(\): Operation not permitted/,
  );
  if (identity !== undefined) {
    return finding(
      'start-failed',
      `${service} may not change its user: ${identity}; the ini file names another user than ${configuration?.run.user ?? 'run.user'}`,
      `put --uid "{uid}" and --gid "{gid}" after --ini in run.arguments of ${file}: they overrule the ini file only there, and only as numbers`,
    );
  }
  const ini = firstMatch(journal.lines, /realpath\(\) of (\S+) failed: No such file/);
  if (ini !== undefined) {
    return finding(
      'start-failed',
      `uWSGI found no ${ini} in the release`,
      `correct --ini in run.arguments of ${file}, or put ${ini} into the artifact`,
    );
  }
  const option = firstMatch(journal.lines, /unrecognized option '([^']+)'/);
  return option === undefined
    ? undefined
    : finding(
        'start-failed',
        `${service} does not know the option ${option}`,
        `correct run.arguments in ${file}, or pin a version that knows it`,
      );
}

function notLoaded(read: ReadFacts): Diagnosis | undefined {
  const { journal, evidence, service } = read;
  const sign = firstMatch(
    journal.lines,
    /unable to load app|no python application found|need-app requested|failed loading app/,
  );
  if (sign === undefined && evidence.systemd?.['ExecMainStatus'] !== uwsgiNoApp) {
    return undefined;
  }
  const { exception, place } = journal;
  if (exception === undefined) {
    return finding(
      'app-load-failed',
      `${service} has no application: uWSGI found no callable where the ini file says`,
      'correct module (file:callable) in the ini file of the artifact and upload again',
    );
  }
  return finding(
    'app-load-failed',
    `${service} does not load: ${oneLine(exception, 200)}${place === undefined ? '' : ` (${place})`}`,
    remedyOfException(exception, read),
  );
}

function remedyOfException(exception: string, { configuration, file }: ReadFacts): string {
  const requirementsFile = configuration?.runtime.requirementsFile ?? 'requirements.txt';
  const module = /No module named '?([\w.]+)'?/.exec(exception)?.[1];
  if (module !== undefined) {
    return `add the package that has ${module.split('.')[0]} to ${requirementsFile}, or put the module into the artifact, and upload again`;
  }
  const variable = /^KeyError: '([A-Z][A-Z0-9_]*)'$/.exec(exception)?.[1];
  if (variable !== undefined) {
    return `if ${variable} is an environment variable, add it under environment or secrets in ${file}; else correct the code and upload again`;
  }
  const library = /(lib[\w.+-]+\.so[\w.]*): cannot open shared object/.exec(exception)?.[1];
  if (library !== undefined) {
    return `add the OS package that has ${library} to runtime.packages in ${file}`;
  }
  if (/^SyntaxError|^IndentationError|^TabError/.test(exception)) {
    return 'correct the code, or deploy it with the Python it is written for (runtime.python), and upload again';
  }
  if (connectionException.test(exception)) {
    return 'the service connects while it loads: see that the upstream answers, and let the service connect with its first request';
  }
  return 'correct the code and upload again';
}
