import { withHealth } from '../prepared-stage.ts';
import { notStaged, reverted } from './expectations.ts';
import type { Fault } from './fault.ts';

/** For builds that never pass, and whose gate asks again until its deadline. */
const shortDeadline = { deadlineSeconds: 15 };

/** Broken builds need nothing to be brought about and nothing to be undone. */
const broken = { isSimulated: false, inject: () => undefined, mend: () => undefined } as const;

/** Faults of what was uploaded: they are the release's own, so the release is put back and nothing waits for a person. */
export const releaseFaults: readonly Fault[] = [
  {
    ...broken,
    name: 'missing-header',
    injected: 'a requirement (python-ldap) is compiled, and the host lacks its header',
    deploy: { kind: 'upload', variant: 'pip-fails', to: 'first' },
    expected: notStaged({
      cause: 'pip-install-failed',
      meaning: /^pip could not build python-ldap: the header lber\.h is missing on this host$/,
      remedy: /^add libldap2-dev \(apt\) or openldap-devel \(yum, dnf\) to runtime\.packages in services\/payment\.yml/,
    }),
  },
  {
    ...broken,
    name: 'missing-build-program',
    injected: 'a requirement (psycopg2) asks for pg_config, which the host lacks',
    deploy: { kind: 'upload', variant: 'pip-fails-early', to: 'first' },
    expected: notStaged({
      cause: 'pip-install-failed',
      meaning: /^pip could not build psycopg2: the program pg_config is missing on this host$/,
      remedy: /^add libpq-dev \(apt\)/,
    }),
  },
  {
    ...broken,
    name: 'no-uwsgi',
    injected: 'requirements.txt without uwsgi',
    deploy: { kind: 'upload', variant: 'no-uwsgi', to: 'first' },
    expected: notStaged({
      cause: 'uwsgi-not-found',
      meaning: /^uwsgi is not in the release's virtualenv; looked for at \/app\/venvs\/[0-9a-f]{16}\/bin\/uwsgi$/,
      remedy: /^add uWSGI to requirements\.txt and upload again/,
    }),
  },
  {
    ...broken,
    name: 'wrong-interpreter',
    injected: 'runtime.python asks for 3.6 alone, which the host has not',
    configure: (yaml) => yaml.replace(/^( {4}accepted:) .*$/m, '$1 []'),
    deploy: { kind: 'upload', variant: 'v2', to: 'first' },
    expected: notStaged({
      cause: 'interpreter-missing',
      meaning: /^this host has none of Python 3\.6; looked for python3\.6/,
      remedy: /runtime\.packages in services\/payment\.yml.*runtime\.python\.accepted/,
    }),
  },
  {
    ...broken,
    name: 'import-error',
    injected: 'the build imports a module that nothing brings',
    deploy: { kind: 'upload', variant: 'import-error', to: 'all' },
    expected: reverted({
      cause: 'app-load-failed',
      meaning: /^payment does not load: ModuleNotFoundError: No module named 'build_information' \(.*\)$/,
      remedy: /^add the package that has build_information to requirements\.txt/,
    }),
  },
  {
    ...broken,
    name: 'exits-at-start',
    injected: 'payment.ini names a folder that does not exist, so uWSGI exits at once',
    deploy: { kind: 'upload', variant: 'exits-at-start', to: 'first' },
    expected: reverted({
      cause: 'crash-loop',
      meaning: /^payment started and died again: exit status 1.*; it said: .*chdir/,
      remedy: /^read the journal lines of this host/,
    }),
  },
  {
    ...broken,
    name: 'dies-after-first-answer',
    injected: 'the service is killed as soon as it has answered /health once, again and again',
    deploy: { kind: 'upload', variant: 'dies-after-first-answer', to: 'first' },
    expected: reverted({
      cause: 'crash-loop',
      meaning: /^payment started and died again: killed by signal 9/,
      remedy: /^read the journal lines of this host/,
    }),
  },
  {
    ...broken,
    name: 'dies-after-8s',
    injected: 'the service is healthy for 8 s, then killed; the gate asks for 20 s',
    configure: (yaml) => withHealth(yaml, { stableSeconds: 20 }),
    deploy: { kind: 'upload', variant: 'dies-after-8s', to: 'first' },
    expected: reverted({
      cause: 'crash-loop',
      meaning: /^payment started and died again: killed by signal 9/,
      remedy: /^read the journal lines of this host/,
    }),
    isAlike: {
      to: 'dies-after-first-answer',
      why: 'both are killed from outside of their own code, and what to look at is the same',
    },
  },
  {
    ...broken,
    name: 'health-500',
    injected: '/health answers 500',
    configure: (yaml) => withHealth(yaml, shortDeadline),
    deploy: { kind: 'upload', variant: 'answers-500', to: 'first' },
    expected: reverted({
      cause: 'http-unhealthy',
      meaning: /^GET \/health on port 8080 is answered with 500, not 200/,
      remedy: /^correct the release and upload again/,
    }),
  },
  {
    ...broken,
    name: 'health-slow',
    injected: '/health takes 30 s, and 2 s are allowed',
    // What is in flight when it is stopped again is such a request.
    configure: (yaml) => withHealth(yaml, shortDeadline).replace(/^( {2}stopSeconds:) [0-9]+/m, '$1 3'),
    deploy: { kind: 'upload', variant: 'slow-health', to: 'first' },
    expected: reverted({
      cause: 'http-unhealthy',
      meaning: /^payment runs and does not answer GET \/health on port 8080: no answer within 2 s/,
      remedy: /^uwsgi .* listens there: see that it .*is not stuck$/,
    }),
  },
  {
    ...broken,
    name: 'wrong-port',
    injected: 'payment.ini listens on 8081, and health.port is 8080',
    configure: (yaml) => withHealth(yaml, shortDeadline),
    deploy: { kind: 'upload', variant: 'wrong-port', to: 'first' },
    expected: reverted({
      cause: 'http-unhealthy',
      meaning: /^payment runs and does not answer GET \/health on port 8080: [Cc]onnection refused/,
      remedy: /^nothing listens on port 8080: see that socket in the ini file names the port of health\.port$/,
    }),
  },
  {
    ...broken,
    name: 'worker-deaths',
    injected: 'every worker crashes after 4 s under a master that lives on; the gate asks for 15 s',
    configure: (yaml) => withHealth(yaml, { stableSeconds: 15 }),
    deploy: { kind: 'upload', variant: 'worker-dies-after-4s', to: 'first' },
    expected: reverted({
      cause: 'worker-deaths',
      meaning: /^\d workers? of payment died while its master stayed up/,
      remedy: /read the journal lines of this host|a compiled package crashes/,
    }),
  },
];
