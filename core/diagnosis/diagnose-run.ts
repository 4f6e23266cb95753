import type { Diagnosis } from '../model/diagnosis.ts';
import { finding, firstMatch, oneLine } from './finding.ts';
import type { JournalFacts } from './journal-facts.ts';
import { type ReadFacts, readFacts, type ServiceFacts } from './service-facts.ts';

/** Why a service that started did not stay, or did not answer; undefined where neither was the complaint. */
export function diagnoseRun(facts: ServiceFacts): Diagnosis | undefined {
  const read = readFacts(facts);
  return crashed(read) ?? workersDied(read) ?? unhealthy(read) ?? complained(read);
}

function crashed({ report, evidence, journal, service }: ReadFacts): Diagnosis | undefined {
  const failed = report.checks?.some((check) => !check.isOk && (check.name === 'active' || check.name === 'stable'));
  const words: readonly (string | undefined)[] = ['not-active', 'not-stable', 'start-failed'];
  if (failed !== true && !words.includes(report.failure)) {
    return undefined;
  }
  const systemd = evidence.systemd ?? {};
  const restarts = Number(systemd['NRestarts'] ?? 0);
  const how = howItEnded(systemd) ?? howTheLastOneEnded(journal);
  const isBetweenStarts = systemd['SubState'] === 'auto-restart' || systemd['Result'] === 'start-limit-hit';
  const said = lastWords(journal, how?.startsWith(killed) ?? false);
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

const killed = 'killed by signal';

/** What systemd said when the process before this one ended: looked at between two crashes, the unit is up again. */
function howTheLastOneEnded({ lines }: JournalFacts): string | undefined {
  const last = lines.findLast((line) => exitLine.test(line)) ?? '';
  const [, code, status = '0'] = exitLine.exec(last) ?? [];
  if (code === 'killed' || code === 'dumped') {
    return `${killed} ${status}`;
  }
  return status === '0' ? undefined : `exit status ${status}`;
}

const exitLine = /: Main process exited, code=(exited|killed|dumped), status=(\d+)/;

/** `exit status 3`, `killed by signal 11`; undefined while its process runs or where it ended well. */
function howItEnded(systemd: Readonly<Record<string, string>>): string | undefined {
  const status = systemd['ExecMainStatus'] ?? '';
  if (systemd['Result'] === 'signal' || systemd['Result'] === 'core-dump' || systemd['ExecMainCode'] === '2') {
    return `${killed} ${status}`;
  }
  if (systemd['Result'] === 'timeout') {
    return 'it did not come up in time';
  }
  return status === '' || status === '0' ? undefined : `exit status ${status}`;
}

/** What it said before it ended; one that was killed had no last word, unless a line tells of trouble. */
function lastWords(journal: JournalFacts, isKilled: boolean): string | undefined {
  if (journal.exception !== undefined) {
    return `${oneLine(journal.exception, 160)}${journal.place === undefined ? '' : ` (${journal.place})`}`;
  }
  const own = journal.lines.filter(
    (line) =>
      line.trim() !== '' &&
      !/^(?:Started|Starting|Stopped|Stopping|Scheduled restart job|Main process exited|\S+\.service: )/.test(line) &&
      // What the workers of a uWSGI say when its master was killed.
      !/the master disconnected from this worker/.test(line),
  );
  const telling =
    own.findLast((line) => /error|fatal|exception|fail|refused|denied|segmentation/i.test(line)) ??
    (isKilled ? undefined : own.at(-1));
  return telling === undefined ? undefined : oneLine(telling, 160);
}

function workersDied({ report, journal, service }: ReadFacts): Diagnosis | undefined {
  const check = report.checks?.find((each) => each.name === 'workers' && !each.isOk);
  if (check === undefined && report.failure !== 'worker-deaths') {
    return undefined;
  }
  const deaths = journal.lines.filter((line) => /^DAMN ! worker .* died/.test(line)).length;
  const fault = firstMatch(journal.lines, /got (Segmentation Fault)/i);
  const said = fault ?? (journal.exception === undefined ? undefined : oneLine(journal.exception, 160));
  return finding(
    'worker-deaths',
    `${deaths === 0 ? 'workers' : deaths === 1 ? '1 worker' : `${deaths} workers`} of ${service} died while its master stayed up${said === undefined ? '' : `: ${said}`}`,
    fault === undefined
      ? 'read the journal lines of this host: the code ends its own process; correct it and upload again'
      : 'a compiled package crashes: pin another version of it in the requirements file and upload again',
  );
}

function unhealthy({ report, evidence, journal, configuration, service }: ReadFacts): Diagnosis | undefined {
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

function complained({ report, service }: ReadFacts): Diagnosis | undefined {
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
