import { type Diagnosis, finding, firstMatch, oneLine } from './finding.ts';
import type { Evidence, HostReport } from './host-report.ts';
import { type JournalFacts, readJournal } from './journal-facts.ts';
import type { HostConfiguration } from './release-manifest.ts';

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

export interface ServiceFacts {
  readonly report: HostReport;
  readonly configuration: HostConfiguration | undefined;
  /** `name==version` of the release's virtualenv, where known. */
  readonly packages: readonly string[] | undefined;
}

interface Read extends ServiceFacts {
  readonly evidence: Evidence;
  readonly journal: JournalFacts;
  readonly service: string;
  readonly file: string;
}

/** Why a service did not start: known from what it and systemd said, whichever check failed. */
export function diagnoseStart(facts: ServiceFacts): Diagnosis | undefined {
  const read = readFacts(facts);
  return outOfMemory(read) ?? notExecuted(read) ?? portInUse(read) ?? badOptions(read) ?? notLoaded(read);
}

/** Why a service that started did not stay, or did not answer; undefined where neither was the complaint. */
export function diagnoseRun(facts: ServiceFacts): Diagnosis | undefined {
  const read = readFacts(facts);
  return crashed(read) ?? workersDied(read) ?? unhealthy(read) ?? complained(read);
}

function readFacts(facts: ServiceFacts): Read {
  const service = facts.report.service;
  const evidence = facts.report.evidence ?? {};
  return { ...facts, evidence, journal: readJournal(evidence.journal ?? []), service, file: `services/${service}.yml` };
}

function outOfMemory({ evidence, service, report }: Read): Diagnosis | undefined {
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

function notExecuted(read: Read): Diagnosis | undefined {
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

function portInUse({ evidence, journal, configuration, service }: Read): Diagnosis | undefined {
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

function badOptions({ journal, configuration, service, file }: Read): Diagnosis | undefined {
  const identity = firstMatch(
    journal.lines,
    /cannot set[gu]id\(\) as non-root user|set[gu]id\(\): Operation not permitted/,
  );
  if (identity !== undefined) {
    return finding(
      'start-failed',
      `${service} may not change its user: ${identity}; the ini file names another user than ${configuration?.run.user ?? 'run.user'}`,
      `put --uid and --gid after --ini in run.arguments of ${file}: they overrule the ini file only there`,
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

function notLoaded(read: Read): Diagnosis | undefined {
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

function remedyOfException(exception: string, { configuration, file }: Read): string {
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

function crashed({ report, evidence, journal, service }: Read): Diagnosis | undefined {
  const failed = report.checks?.some((check) => !check.isOk && (check.name === 'active' || check.name === 'stable'));
  const words: readonly (string | undefined)[] = ['not-active', 'not-stable', 'start-failed'];
  if (failed !== true && !words.includes(report.failure)) {
    return undefined;
  }
  const systemd = evidence.systemd ?? {};
  const restarts = Number(systemd['NRestarts'] ?? 0);
  const how = howItEnded(systemd);
  const isBetweenStarts = systemd['SubState'] === 'auto-restart' || systemd['Result'] === 'start-limit-hit';
  const said = lastWords(journal);
  if (restarts > 0 || isBetweenStarts || how !== undefined) {
    const often = restarts > 0 ? `, ${restarts} automatic ${restarts === 1 ? 'restart' : 'restarts'}` : '';
    return finding(
      'crash-loop',
      `${service} started and died again${how === undefined ? '' : `: ${how}`}${often}${said === undefined ? '' : `; it said: ${said}`}`,
      'read the journal lines of this host, correct the release and upload again',
    );
  }
  const detail = report.checks?.find((check) => !check.isOk)?.detail ?? report.message;
  return finding(
    'start-failed',
    `${service} is not up: ${detail}`,
    `systemctl status ${service} on the host tells more; correct the release, or rerun the deployment`,
  );
}

/** `exit status 3`, `killed by signal 11`; undefined while its process runs or where it ended well. */
function howItEnded(systemd: Readonly<Record<string, string>>): string | undefined {
  const status = systemd['ExecMainStatus'] ?? '';
  if (systemd['Result'] === 'signal' || systemd['Result'] === 'core-dump' || systemd['ExecMainCode'] === '2') {
    return `killed by signal ${status}`;
  }
  if (systemd['Result'] === 'timeout') {
    return 'it did not come up in time';
  }
  return status === '' || status === '0' ? undefined : `exit status ${status}`;
}

function lastWords(journal: JournalFacts): string | undefined {
  if (journal.exception !== undefined) {
    return `${oneLine(journal.exception, 160)}${journal.place === undefined ? '' : ` (${journal.place})`}`;
  }
  const own = journal.lines.filter(
    (line) =>
      line.trim() !== '' &&
      !/^(?:Started|Starting|Stopped|Stopping|Scheduled restart job|Main process exited|\S+\.service: )/.test(line),
  );
  const telling =
    own.findLast((line) => /error|fatal|exception|fail|refused|denied|segmentation/i.test(line)) ?? own.at(-1);
  return telling === undefined ? undefined : oneLine(telling, 160);
}

function workersDied({ report, journal, service }: Read): Diagnosis | undefined {
  const check = report.checks?.find((each) => each.name === 'workers' && !each.isOk);
  if (check === undefined && report.failure !== 'worker-deaths') {
    return undefined;
  }
  const deaths = journal.lines.filter((line) => /^DAMN ! worker .* died/.test(line)).length;
  const fault = firstMatch(journal.lines, /got (Segmentation Fault)/i);
  const said = fault ?? (journal.exception === undefined ? undefined : oneLine(journal.exception, 160));
  return finding(
    'worker-deaths',
    `${deaths > 0 ? `${deaths} workers` : 'workers'} of ${service} died while its master stayed up${said === undefined ? '' : `: ${said}`}`,
    fault === undefined
      ? 'read the journal lines of this host: the code ends its own process; correct it and upload again'
      : 'a compiled package crashes: pin another version of it in the requirements file and upload again',
  );
}

function unhealthy({ report, evidence, journal, configuration, service }: Read): Diagnosis | undefined {
  const check = report.checks?.find((each) => each.name === 'http' && !each.isOk);
  if (check === undefined && report.failure !== 'http-failed') {
    return undefined;
  }
  const { http } = evidence;
  const path = configuration?.health.path ?? '/health';
  const port = configuration?.health.port ?? 0;
  const wanted = configuration?.health.expectStatus ?? 200;
  const where = `GET ${path}${port === 0 ? '' : ` on port ${port}`}`;
  if (http === undefined || http.status === 0) {
    const listener = evidence.portOwner;
    return finding(
      'http-unhealthy',
      `${service} runs and does not answer ${where}: ${http?.body || check?.detail || 'no answer'}`,
      listener === undefined
        ? `nothing listens on port ${port}: see that socket in the ini file names the port of health.port`
        : `${listener} listens there: see that it speaks HTTP (protocol = http in the ini file) and is not stuck`,
    );
  }
  const body = oneLine(http.body, 120);
  const said = journal.exception === undefined ? '' : `; the journal says ${oneLine(journal.exception, 160)}`;
  const isFlapping = http.status === wanted;
  return finding(
    'http-unhealthy',
    isFlapping
      ? `${where} is not answered with ${wanted} every time: ${check?.detail ?? ''}${said}`
      : `${where} is answered with ${http.status}, not ${wanted}${body === '' ? '' : `: ${body}`}${said}`,
    http.status === 404
      ? `see that the release serves ${path}, or correct health.path in services/${service}.yml`
      : 'correct the release and upload again; the journal lines of this host show what it was doing',
  );
}

function complained({ report, service }: Read): Diagnosis | undefined {
  const check = report.checks?.find((each) => each.name === 'journal' && !each.isOk);
  if (check === undefined && report.failure !== 'journal-pattern') {
    return undefined;
  }
  return finding(
    'journal-errors',
    `${service} answers, but its journal shows a failure: ${check?.detail ?? report.message}`,
    `correct the release or what it calls; if the line is harmless, take its pattern out of health.journalPatterns in services/${service}.yml`,
  );
}
