import type { DiagnosisFacts } from '../../../core/diagnosis/diagnose.ts';
import type { Evidence, HostCheck, HostFailure } from '../../../core/model/host-report.ts';
import { configuration } from '../../given/configuration.ts';
import { check, reportOf, seen } from '../report-of.ts';
import { silenceCases } from './silence-cases.ts';

const fine: readonly HostCheck[] = [
  { name: 'active', isOk: true, detail: 'active (running), result success, last exit status 0' },
  { name: 'stable', isOk: true, detail: 'the same process for 10 s, 10 s are asked for' },
];

function pip(lines: readonly string[]): DiagnosisFacts {
  return {
    configuration,
    report: reportOf('install', 'pip-failed', 'pip could not install', { evidence: { pip: lines } }),
  };
}

function upstream(name: string, failure: HostFailure, detail: string): DiagnosisFacts {
  const one = check(name, failure, detail);
  return { configuration, report: reportOf('install', failure, `${name}: ${detail}`, { checks: [one] }) };
}

function gate(failure: HostFailure, evidence: Evidence, checks: readonly HostCheck[] = []): DiagnosisFacts {
  return { configuration, report: reportOf('verify', failure, 'payment is not well', { evidence, checks }) };
}

const crashed = { Result: 'exit-code', ExecMainStatus: '22', NRestarts: '2', SubState: 'auto-restart' };
const notUp = check('active', 'not-stable', 'activating (auto-restart), result exit-code, last exit status 22');
const loginRefused =
  '10.0.0.7:5672: user roboshop was refused: 403 ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.';

/** The same, but for an address that somebody wrote into the configuration. */
const byName = {
  ...configuration,
  upstreams: configuration.upstreams.map((one) =>
    one.name === 'cart' ? { ...one, host: 'cart.internal', source: 'literal' } : one,
  ),
};

/** Everything that can go wrong, by name. */
export const cases: Readonly<Record<string, DiagnosisFacts>> = {
  'pip: a header is missing': pip(seen('pip-missing-header')),
  'pip: no C compiler': pip(seen('pip-no-compiler')),
  'pip: no Python headers': pip([
    '  Building wheel for uWSGI (setup.py): started',
    '  plugins/python/uwsgi_python.h:4:10: fatal error: Python.h: No such file or directory',
    'ERROR: Failed building wheel for uWSGI',
  ]),
  'pip: a library is missing': pip([
    '      /usr/bin/ld: cannot find -lpq: No such file or directory',
    '  ERROR: Failed building wheel for psycopg2',
  ]),
  'pip: an unknown header is missing': pip([
    '      src/x.c:1:10: fatal error: frobnicate/core.h: No such file or directory',
    '  ERROR: Failed building wheel for frobnicate',
  ]),
  'pip: no such pkg-config module': pip(seen('pip-no-mysql')),
  'pip: no curl-config': pip(seen('pip-no-curl-config')),
  'pip: no pg_config': pip(seen('pip-no-pg-config')),
  'pip: pkg-config itself is missing': pip([
    '      /bin/sh: 1: pkg-config: not found',
    '  ERROR: Failed building wheel for mysqlclient',
  ]),
  'pip: no Rust': pip(["error: can't find Rust compiler", 'ERROR: Failed building wheel for cryptography']),
  'pip: no such version': pip(seen('pip-no-version')),
  'pip: no such package': pip([
    'ERROR: Could not find a version that satisfies the requirement flaask (from versions: none)',
    'ERROR: No matching distribution found for flaask',
  ]),
  'pip: another Python needed': pip(["ERROR: Package 'flask' requires a different Python: 3.6.8 not in '>=3.9'"]),
  'pip: index out of reach': pip(seen('pip-no-index')),
  'pip: certificate not trusted': pip([
    "WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))': /simple/flask/",
    'ERROR: No matching distribution found for flask',
  ]),
  'pip: a line nobody understands': pip(["ERROR: Invalid requirement: 'flask==' (from line 1 of requirements.txt)"]),
  'pip: packages exclude each other': pip([
    'ERROR: Cannot install flask==1.0 and werkzeug==3.0 because these package versions have conflicting dependencies.',
    'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/',
  ]),
  'pip: another hash': pip([
    'Collecting pika==1.3.2',
    'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.',
  ]),
  'pip: disk full': pip(['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device']),
  'pip: compiler killed': pip([
    '      gcc: fatal error: Killed signal terminated program cc1',
    '  ERROR: Failed building wheel for grpcio',
  ]),
  'pip: anything else': pip([
    'Collecting broken-package',
    '  error: subprocess-exited-with-error',
    '      RuntimeError: this package can not be installed on purpose',
    'ERROR: Failed to build broken-package',
  ]),
  'install: no interpreter': {
    configuration,
    report: reportOf('install', 'interpreter-missing', 'none of the Python versions', {
      evidence: { lookedFor: ['python3.6', 'python3.7'] },
    }),
  },
  'install: OS packages': {
    configuration,
    report: reportOf('install', 'packages-failed', 'installing gcc failed: E: Unable to locate package gcc'),
  },
  'install: other bytes': {
    configuration,
    report: reportOf('install', 'checksum-mismatch', 'the zip has the SHA-256 bbbb, not aaaa'),
  },
  'install: unusable zip': {
    configuration,
    report: reportOf('install', 'artifact-invalid', 'the artifact holds a link: x'),
  },
  'install: no download': {
    configuration,
    report: reportOf('install', 'download-failed', 'rollgate/payment/releases/42.zip: timed out'),
  },
  'install: no secret': {
    configuration,
    report: reportOf(
      'install',
      'secret-unreadable',
      'SSM has no parameter /payment/prod/AMQP_PASS that this host may read',
    ),
  },
  'install: no access to the secret': {
    configuration,
    report: reportOf(
      'install',
      'secret-unreadable',
      'SSM GetParameters: AccessDeniedException: arn:aws:sts::123456789012:assumed-role/payment-host/i-0a is not authorized to perform: kms:Decrypt',
    ),
  },
  'install: credentials expired': {
    report: reportOf(
      'install',
      'secret-unreadable',
      'reading the parameters /payment/prod/AMQP_PASS: ExpiredTokenException: The security token included in the request is expired',
    ),
  },
  'install: disk full': {
    configuration,
    report: reportOf('install', 'disk-full', '/app has 1048576 bytes free, the release may need 9000000', {
      evidence: { diskFreeBytes: 1_048_576 },
    }),
  },
  'uwsgi: not in the virtualenv': {
    configuration,
    packages: ['flask==3.1.3', 'pika==1.3.2'],
    report: reportOf('install', 'program-missing', 'uwsgi is not in the virtualenv', {
      evidence: { lookedFor: ['/app/venvs/0a1b2c3d/bin/uwsgi'] },
    }),
  },
  'uwsgi: gone since': {
    configuration,
    packages: ['flask==3.1.3', 'uwsgi==2.0.31'],
    report: reportOf('verify', 'program-missing', 'payment is failed', {
      evidence: {
        systemd: { ExecMainStatus: '203', ExecStart: '{ path=/app/venvs/0a1b2c3d/bin/uwsgi ; argv[]=... }' },
      },
    }),
  },
  'start: no such user': gate('not-active', {
    systemd: { Result: 'exit-code', ExecMainStatus: '217' },
    journal: [
      '2026-11-22T20:45:00+0000 ip-10-0-1-11 systemd[812]: payment.service: Failed to determine user credentials: No such process',
    ],
  }),
  'run: crashed, and up again for a moment': gate(
    'not-stable',
    {
      systemd: { Result: 'success', ExecMainStatus: '0', NRestarts: '1', SubState: 'running' },
      journal: [
        'payment.service: Main process exited, code=dumped, status=7/BUS',
        "payment.service: Failed with result 'core-dump'.",
        'payment.service: Scheduled restart job, restart counter is at 1.',
        "WSGI app 0 (mountpoint='') ready in 0 seconds",
      ],
    },
    [check('stable', 'not-stable', 'the process that was started is not the one that runs now: 1 automatic restarts')],
  ),
  'start: import error': gate('not-active', { systemd: crashed, journal: seen('uwsgi-import-error') }, [notUp]),
  'start: syntax error': gate('not-active', { systemd: crashed, journal: seen('uwsgi-syntax-error') }, [notUp]),
  'start: variable missing': gate('not-active', { systemd: crashed, journal: seen('uwsgi-missing-variable') }, [notUp]),
  'start: no callable': gate('not-active', { systemd: crashed, journal: seen('uwsgi-no-callable') }, [notUp]),
  'start: no ini file': gate('not-active', {
    systemd: { ...crashed, ExecMainStatus: '1' },
    journal: seen('uwsgi-no-ini'),
  }),
  'start: may not change its user': gate('not-active', {
    systemd: { ...crashed, ExecMainStatus: '1' },
    journal: ['2026-11-22T20:45:00+0000 h payment[812]: cannot setgid() as non-root user'],
  }),
  'start: port in use': gate('not-active', {
    systemd: { ...crashed, ExecMainStatus: '1' },
    journal: seen('uwsgi-port-in-use'),
    portOwner: 'python3 (pid 4711, root)',
  }),
  'start: connects while it loads, and the broker is down': gate(
    'not-active',
    {
      systemd: crashed,
      journal: [
        'Traceback (most recent call last):',
        '  File "/app/releases/v42-1a2b3c4d5e6f/payment.py", line 9, in <module>',
        'pika.exceptions.AMQPConnectionError',
        "unable to load app 0 (mountpoint='') (callable not found or import error)",
      ],
    },
    [
      notUp,
      check(
        'amqp:rabbitmq',
        'upstream-refused',
        '10.0.0.7:5672 (AMQP_HOST, from tag Service=rabbitmq): Connection refused',
      ),
    ],
  ),
  'start: import error while the broker is down too': gate(
    'not-active',
    { systemd: crashed, journal: seen('uwsgi-import-error') },
    [notUp, check('amqp:rabbitmq', 'upstream-refused', '10.0.0.7:5672: Connection refused')],
  ),
  'run: exits at start': gate(
    'not-stable',
    {
      systemd: { Result: 'exit-code', ExecMainStatus: '3', NRestarts: '4' },
      journal: [
        'Started payment.service - Payment Service.',
        'giving up: no merchant id',
        'payment.service: Main process exited',
      ],
    },
    [check('stable', 'not-stable', 'the process that was started is not the one that runs now: 4 automatic restarts')],
  ),
  'run: dies after a while': gate(
    'not-stable',
    { systemd: { Result: 'signal', ExecMainStatus: '9', NRestarts: '1' } },
    [check('stable', 'not-stable', 'the process that was started is not the one that runs now: 1 automatic restarts')],
  ),
  'run: killed from outside': gate(
    'not-stable',
    {
      systemd: { Result: 'signal', ExecMainStatus: '9', NRestarts: '0', SubState: 'auto-restart' },
      journal: [
        "WSGI app 0 (mountpoint='') ready in 3 seconds on interpreter 0x7f0049d0faf8 pid: 4915 (default app)",
        'Thu Nov 26 18:12:12 2026 - uWSGI worker 3 error: the master disconnected from this worker. Shutting down the worker.',
        'payment.service: Main process exited, code=dumped, status=7/BUS',
      ],
    },
    [check('stable', 'not-stable', 'the process that was started is not the one that runs now: 1 automatic restarts')],
  ),
  'run: killed for memory': gate('out-of-memory', {
    oomKills: 2,
    memoryFreeBytes: 52_428_800,
    systemd: { Result: 'signal', ExecMainStatus: '9', NRestarts: '2' },
  }),
  'run: stopped by somebody': gate('not-active', { systemd: { Result: 'success', ExecMainStatus: '0' } }, [
    check('active', 'not-active', 'inactive (dead), result success, last exit status 0'),
  ]),
  'run: workers exit': gate('worker-deaths', { journal: seen('uwsgi-worker-exits') }, [
    ...fine,
    check('workers', 'worker-deaths', '6 uWSGI workers died since the start'),
  ]),
  'run: one worker crashes': gate(
    'worker-deaths',
    { journal: ['DAMN ! worker 1 (pid: 812) died :( trying respawn ...'] },
    [...fine, check('workers', 'worker-deaths', '1 uWSGI workers died since the start')],
  ),
  'run: workers crash': gate('worker-deaths', { journal: seen('uwsgi-worker-segfault') }, [
    ...fine,
    check('workers', 'worker-deaths', '2 uWSGI workers died since the start'),
  ]),
  'http: answers 500': gate(
    'http-failed',
    {
      http: { status: 500, body: 'Internal Server Error' },
      journal: [
        'Traceback (most recent call last):',
        '  File "/app/x/payment.py", line 5, in health',
        'ValueError: bad',
      ],
    },
    [...fine, check('http', 'http-failed', 'GET http://127.0.0.1:8080/health answered 500, not 200 (asked 40 times)')],
  ),
  'http: answers 404': gate('http-failed', { http: { status: 404, body: 'Not Found' } }, [
    ...fine,
    check('http', 'http-failed', 'GET http://127.0.0.1:8080/health answered 404, not 200 (asked 40 times)'),
  ]),
  'http: nothing listens': gate('http-failed', { http: { status: 0, body: 'Connection refused' } }, [
    ...fine,
    check(
      'http',
      'http-failed',
      'GET http://127.0.0.1:8080/health got no answer: Connection refused (asked 200 times)',
    ),
  ]),
  'http: hangs': gate(
    'http-failed',
    { http: { status: 0, body: 'timed out' }, portOwner: 'uwsgi (pid 812, roboshop)' },
    [
      ...fine,
      check('http', 'http-failed', 'GET http://127.0.0.1:8080/health got no answer: timed out (asked 20 times)'),
    ],
  ),
  'http: now and then': gate('http-failed', { http: { status: 200, body: 'OK' } }, [
    ...fine,
    check('http', 'http-failed', 'answered 200 only 1 of 3 times in a row (asked 40 times)'),
  ]),
  'journal: a known bad line': gate('journal-pattern', {}, [
    ...fine,
    check(
      'journal',
      'journal-pattern',
      "a line since the start matches '[Cc]onnection refused': cart: Connection refused",
    ),
  ]),
  'upstream: no answer': upstream(
    'upstream:cart',
    'upstream-unreachable',
    '10.0.0.5:8080 (CART_HOST, from tag Service=cart): no answer within 3 s',
  ),
  'upstream: refuses': upstream(
    'upstream:user',
    'upstream-refused',
    '10.0.0.6:8080 (USER_HOST, from tag Service=user): Connection refused',
  ),
  'upstream: no such name': {
    ...upstream(
      'upstream:cart',
      'name-unresolved',
      'cart.internal:8080 (CART_HOST, from literal): Name or service not known',
    ),
    configuration: byName,
  },
  'upstream: no answer, configuration not at hand': {
    report: reportOf('install', 'upstream-unreachable', 'upstream:cart: no answer', {
      checks: [
        check(
          'upstream:cart',
          'upstream-unreachable',
          '10.0.0.5:8080 (CART_HOST, from tag Service=cart): no answer within 3 s',
        ),
      ],
    }),
  },
  'upstream: only the message tells': {
    configuration,
    report: reportOf(
      'verify',
      'upstream-refused',
      'upstream:user: 10.0.0.6:8080 (USER_HOST, from tag Service=user): Connection refused',
    ),
  },
  'upstream: no way to it': upstream(
    'upstream:cart',
    'upstream-unreachable',
    '10.0.0.5:8080 (CART_HOST, from tag Service=cart): No route to host',
  ),
  ...silenceCases,
  'amqp: login refused': upstream('amqp:rabbitmq', 'amqp-auth-failed', loginRefused),
  'amqp: no password': upstream('amqp:rabbitmq', 'amqp-auth-failed', 'the environment has no AMQP_PASS'),
  'amqp: no permission': upstream(
    'amqp:rabbitmq',
    'amqp-access-refused',
    "10.0.0.7:5672: user roboshop has no access to vhost /: 530 NOT_ALLOWED - access to vhost '/' refused for user 'roboshop'",
  ),
  'amqp: empty permissions': upstream(
    'amqp:rabbitmq',
    'amqp-access-refused',
    '10.0.0.7:5672: user roboshop has no permission on vhost /: configure, write and read are empty',
  ),
  'amqp: no virtual host': upstream(
    'amqp:rabbitmq',
    'amqp-access-refused',
    '10.0.0.7:5672: user roboshop has no access to vhost /: 530 NOT_ALLOWED - vhost / not found',
  ),
  'amqp: no broker': upstream(
    'amqp:rabbitmq',
    'upstream-unreachable',
    '10.0.0.7:5672 (AMQP_HOST, from tag Service=rabbitmq): what answers there is no AMQP 0-9-1 broker',
  ),
  'activate: does not stop': {
    configuration,
    report: reportOf('activate', 'stop-failed', 'payment.service does not stop, not even when killed'),
  },
  'activate: release missing': {
    configuration,
    report: reportOf('activate', 'release-missing', 'v42-1a2b3c4d5e6f is not installed on this host'),
  },
  'activate: what ran before is not known': {
    configuration,
    report: reportOf('activate', 'previous-missing', 'nothing was saved for this deployment'),
  },
  'activate: systemctl start fails': {
    configuration,
    report: reportOf('activate', 'start-failed', 'systemd could not start payment.service: Unit is masked.'),
  },
  'refused: late': { report: reportOf('activate', 'late-refused', 'it is 60 s past the time') },
  'refused: late, by a clock that is ahead': {
    report: reportOf('activate', 'late-refused', 'it is 500 s past the time'),
    nowSeconds: 1_795_380_300 - 400,
  },
  'refused: lower fence': { report: reportOf('activate', 'fence-refused', 'fence 7 is below 9') },
  'clock is wrong': { report: reportOf('install', 'clock-skew', "the host's clock is off: RequestTimeTooSkewed") },
  'permission denied': {
    report: reportOf('install', 'permission-denied', "the instance's role may not read it: AccessDenied"),
  },
  'the script itself': {
    report: reportOf('install', 'internal', 'the script failed at install.sh line 31 with exit code 1', {
      evidence: { scriptLine: 'install.sh line 31' },
    }),
  },
  'ssm: refused at the call': { sendRefused: 'InvalidInstanceId' },
  'ssm: refused at the call, online before': { sendRefused: 'InvalidInstanceId', wasOnline: true },
  'ssm: refused at the call, denied': {
    sendRefused: 'the host must carry the tag rollgate:payment=prod; ssm:SendCommand on i-0a was denied',
    whyRefused: 'denied',
    wasOnline: true,
  },
  'ssm: refused at the call, no Linux': { sendRefused: 'UnsupportedPlatformType', whyRefused: 'wrong-platform' },
  'ssm: not delivered in time': ssm('TimedOut', 'Delivery Timed Out', -1),
  'ssm: undeliverable': ssm('Failed', 'Undeliverable', -1),
  'ssm: took too long': ssm('TimedOut', 'ExecutionTimedOut', 137),
  'ssm: denied': ssm('Failed', 'AccessDenied', -1),
  'ssm: wrong platform': ssm('Failed', 'InvalidPlatform', -1),
  'ssm: no room': ssm('Failed', 'RateExceeded', -1),
  'ssm: cancelled': ssm('Cancelled', 'Cancelled', -1),
  'ssm: no report': ssm('Failed', 'Failed', 2),
  'ssm: still running after its deadline': ssm('InProgress', 'InProgress', -1),
  'ssm: still running on an instance that is off': {
    ...ssm('InProgress', 'InProgress', -1),
    hostGone: 'stopped',
  },
  'ssm: knows nothing': {},
  'ssm: knows nothing of a host that was offline': { wasOnline: false },
};

function ssm(status: string, statusDetails: string, responseCode: number): DiagnosisFacts {
  return { invocation: { status, statusDetails, responseCode } };
}
