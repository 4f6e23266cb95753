import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseServiceConfig } from '../../../core/config/parse-service-config.ts';
import { configWarnings } from '../../../core/config/warnings.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';
import { type Approval, iniFile, targetTags } from '../../../core/model/service-config.ts';

const payment = readFileSync('services/payment.yml', 'utf8');
const accepted = 'test/fixtures/accepted/service-config';
const rejected = 'test/fixtures/rejected/service-config';

function problemsOf(text: string): readonly string[] {
  try {
    parseServiceConfig(text);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

function yamlFiles(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith('.yml'));
}

describe('services/payment.yml', () => {
  test('has a load balancer to uncomment, which is right as it stands', () => {
    const withBalancer = payment.replace(/^# (?=loadBalancer:$)|^# (?= )/gm, '').replace(/^ *progressDeadline.*$/m, '');

    expect(parseServiceConfig(withBalancer).loadBalancer).toEqual({
      targetGroup: 'payment-{stage}',
      port: 8080,
      drainSeconds: 300,
      healthySeconds: 120,
    });
  });

  test('is read as the payment service of the runbook', () => {
    const config = parseServiceConfig(payment);

    expect(config).toEqual({
      service: 'payment',
      description: 'Payment Service',
      artifact: { key: 'payment.zip' },
      target: { tags: { Service: 'payment' } },
      runtime: {
        python: { preferred: '3.6', accepted: ['3.7', '3.8', '3.9', '3.10', '3.11', '3.12', '3.13'] },
        packages: {
          yum: ['python36', 'gcc', 'python3-devel'],
          dnf: ['python36', 'gcc', 'python3-devel'],
          apt: ['python3', 'python3-venv', 'python3-dev', 'gcc', 'libc6-dev'],
        },
        requirementsFile: 'requirements.txt',
      },
      run: {
        user: 'roboshop',
        program: 'uwsgi',
        arguments: [
          '--ini',
          'payment.ini',
          '--uid',
          '{uid}',
          '--gid',
          '{gid}',
          '--need-app',
          '--hook-master-start',
          'unix_signal:15 gracefully_kill_them_all',
        ],
      },
      unit: { stopSeconds: 30, restartSeconds: 1 },
      environment: {
        CART_HOST: { kind: 'tag', tags: { Service: 'cart' } },
        CART_PORT: { kind: 'literal', value: '8080' },
        USER_HOST: { kind: 'tag', tags: { Service: 'user' } },
        USER_PORT: { kind: 'literal', value: '8080' },
        AMQP_HOST: { kind: 'tag', tags: { Service: 'rabbitmq' } },
        AMQP_USER: { kind: 'literal', value: 'roboshop' },
      },
      secrets: { AMQP_PASS: { parameter: '/payment/{stage}/AMQP_PASS' } },
      upstreams: {
        cart: { kind: 'tcp', host: 'CART_HOST', port: 'CART_PORT' },
        user: { kind: 'tcp', host: 'USER_HOST', port: 'USER_PORT' },
        rabbitmq: {
          kind: 'amqp',
          host: 'AMQP_HOST',
          port: 5672,
          user: 'AMQP_USER',
          password: 'AMQP_PASS',
          vhost: '/',
        },
      },
      health: {
        port: 8080,
        path: '/health',
        expectStatus: 200,
        consecutiveSuccesses: 3,
        intervalSeconds: 0.5,
        timeoutSeconds: 2,
        stableSeconds: 10,
        deadlineSeconds: 60,
        journalPatterns: [
          'unable to load app',
          'no python application found',
          '[Cc]onnection refused',
          '[Nn]o route to host',
          '[Nn]ame or service not known',
          '[Cc]onnection timed out',
          'ACCESS_REFUSED',
          'ProbableAuthenticationError',
        ],
        reportOnly: [],
      },
      rollout: {
        waves: [1, '25%', '100%'],
        maxUnavailable: 1,
        maxFailedHosts: 0,
        offlineHosts: 'fail',
        bakeSeconds: 0,
        approval: { kind: 'none' },
        alarms: [],
        deadlineSeconds: 14_400,
        progressDeadlineSeconds: 600,
      },
      retention: { releases: 5 },
    });
  });

  test('asks for nothing that is warned about', () => {
    expect(configWarnings(parseServiceConfig(payment))).toEqual([]);
  });

  test('names as default what is the default: the file means the same without those lines', () => {
    const lines = payment.split('\n');
    const defaults = lines.filter((line) => line.endsWith('# default'));
    const others = lines.filter((line) => !line.endsWith('# default'));

    expect(defaults.length).toBeGreaterThan(12);
    expect(parseServiceConfig(others.join('\n'))).toEqual(parseServiceConfig(payment));
  });

  test('makes a process that dies 8 seconds after its start fail the gate', () => {
    expect(parseServiceConfig(payment).health.stableSeconds).toBeGreaterThan(8);
  });
});

describe('accepted files', () => {
  test.each(yamlFiles(accepted))('%s', (name) => {
    expect(problemsOf(readFileSync(`${accepted}/${name}`, 'utf8'))).toEqual([]);
  });
});

describe('rejected files', () => {
  test.each(yamlFiles(rejected))('%s', (name) => {
    const sentences = readFileSync(`${rejected}/${name.replace('.yml', '.txt')}`, 'utf8')
      .trimEnd()
      .split('\n');

    expect(problemsOf(readFileSync(`${rejected}/${name}`, 'utf8'))).toEqual(sentences);
  });
});

describe('parseServiceConfig', () => {
  const least = readFileSync(`${accepted}/least.yml`, 'utf8');

  test('fills in the defaults where a section is left out', () => {
    const { unit, rollout, retention, environment, secrets, upstreams, runtime } = parseServiceConfig(least);

    expect({ unit, rollout, retention, environment, secrets, upstreams, runtime }).toEqual({
      unit: { stopSeconds: 30, restartSeconds: 1 },
      rollout: {
        waves: [1, '25%', '100%'],
        maxUnavailable: 1,
        maxFailedHosts: 0,
        offlineHosts: 'fail',
        bakeSeconds: 0,
        approval: { kind: 'none' },
        alarms: [],
        deadlineSeconds: 14_400,
        progressDeadlineSeconds: 600,
      },
      retention: { releases: 5 },
      environment: {},
      secrets: {},
      upstreams: {},
      runtime: {
        python: { preferred: '3.6', accepted: [] },
        packages: { yum: [], dnf: [], apt: [] },
        requirementsFile: 'requirements.txt',
      },
    });
  });

  test('reads an approval in both spellings', () => {
    const read = (name: string) => parseServiceConfig(readFileSync(`${accepted}/${name}`, 'utf8')).rollout.approval;

    expect(read('approval-in-short.yml')).toEqual({ kind: 'before-first-wave', for: 'all', timeLimitSeconds: 86_400 });
    expect(read('approval-in-full.yml')).toEqual({ kind: 'after-wave', wave: 2, for: 'all', timeLimitSeconds: 3600 });
    expect(read('approval-of-uploads.yml')).toEqual({ kind: 'before-staging', for: 'uploads', timeLimitSeconds: 3600 });
  });

  test('puts the stage into the tags of the target', () => {
    const config = parseServiceConfig(readFileSync(`${accepted}/stage-in-tags-and-secrets.yml`, 'utf8'));

    expect(targetTags(config, 'prod')).toEqual({ Service: 'payment', Stage: 'prod' });
  });

  test('takes any text without another error than its own, and says something of each text it refuses', () => {
    const edited = fc
      .tuple(fc.nat(payment.length), fc.nat(40), fc.string({ maxLength: 12 }))
      .map(([at, length, insert]) => payment.slice(0, at) + insert + payment.slice(at + length));

    fc.assert(
      fc.property(fc.oneof(fc.string(), edited), (text) => {
        const problems = problemsOf(text);
        expect(problems.every((problem) => /^\S.*: \S/s.test(problem))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('never lets a line break or another control character reach the unit file', () => {
    const unsafe = fc.constantFrom('\n', '\r', '\u0000', '\u001b', '\u2028', '"', '\\', '$', '%');
    fc.assert(
      fc.property(fc.string({ maxLength: 5 }), unsafe, fc.string({ maxLength: 5 }), (before, character, after) => {
        const text = JSON.stringify(before + character + after);
        const argument = least.replace('--need-app', () => text);
        const description = least.replace('Payment Service', () => text);
        expect(problemsOf(argument)).not.toEqual([]);
        expect(problemsOf(description)).not.toEqual([]);
      }),
    );
  });
});

describe('iniFile', () => {
  test.each([
    [['--ini', 'payment.ini', '--need-app'], 'payment.ini'],
    [['--master', '--ini=conf/payment.ini'], 'conf/payment.ini'],
    [['--http', ':8080'], undefined],
  ])('of %j is %s', (words, file) => {
    expect(iniFile({ run: { user: 'roboshop', program: 'uwsgi', arguments: words } })).toBe(file);
  });
});

describe('configWarnings', () => {
  const config = parseServiceConfig(payment);
  const runWith = (run: Partial<typeof config.run>) => configWarnings({ ...config, run: { ...config.run, ...run } });

  test('warns of root', () => {
    expect(runWith({ user: 'root' })).toEqual([
      'run.user: the service runs as root; a fault in it is a fault of the whole host, roboshop would do',
    ]);
  });

  test('warns of the start command of the old instructions', () => {
    expect(runWith({ arguments: ['--uid', 'roboshop', '--ini', 'payment.ini'] })).toEqual([
      'run.arguments[0]: stands before --ini, so the ini file overrules it',
      'run.arguments[0]: uWSGI overrules the ini file only with a number; write "{uid}", which becomes the one of run.user',
      'run.arguments: without --need-app uWSGI stays alive after an import error and answers 500',
      'run.arguments: without --hook-master-start "unix_signal:15 gracefully_kill_them_all" a stop reloads uWSGI, and what is in flight is killed after unit.stopSeconds',
    ]);
  });

  test('says nothing of uWSGI to another program', () => {
    expect(runWith({ program: 'gunicorn', arguments: ['payment:app'] })).toEqual([]);
  });

  test('warns of checks that do not decide', () => {
    const found = (reportOnly: readonly string[]) =>
      configWarnings({ ...config, health: { ...config.health, reportOnly } });

    expect(found(['http'])).toEqual(['health.reportOnly: http does not decide; a host passes whatever it finds']);
    expect(found(['http', 'amqp:rabbitmq'])).toEqual([
      'health.reportOnly: http, amqp:rabbitmq do not decide; a host passes whatever they find',
    ]);
  });

  test('warns where an upload that must be approved reaches hosts before it is', () => {
    const terms = { for: 'uploads', timeLimitSeconds: 60 } as const;
    const found = (approval: Approval) => configWarnings({ ...config, rollout: { ...config.rollout, approval } });

    expect(found({ kind: 'before-staging', ...terms })).toEqual([]);
    expect(found({ kind: 'before-first-wave', ...terms, for: 'all' })).toEqual([]);
    expect(found({ kind: 'before-first-wave', ...terms })).toEqual([
      'rollout.approval: an upload is staged on every host before anybody approves it (pip may run code of it); before-staging keeps it off',
    ]);
    expect(found({ kind: 'after-wave', wave: 1, ...terms })).toEqual([
      'rollout.approval: an upload runs on the hosts of the first waves before anybody approves it (pip may run code of it); before-staging keeps it off',
    ]);
  });

  test('warns of a secret in clear text, a pinned secret, a short window and no upstreams', () => {
    const found = configWarnings({
      ...config,
      environment: { ...config.environment, AMQP_PASS: { kind: 'literal', value: 'roboshop123' } },
      secrets: { TOKEN: { parameter: '/t', version: 7 } },
      health: { ...config.health, stableSeconds: 3 },
      upstreams: {},
    });

    expect(found).toEqual([
      'environment.AMQP_PASS: looks like a secret, and stands in the ledger in clear text; move it to secrets',
      'secrets.TOKEN.version: version 7 is pinned, so a rotation does not reach the service',
      'health.stableSeconds: a process that dies later than 3 s after its start passes the gate',
      'upstreams: none is named, so a closed security group shows only when the first request needs it',
    ]);
  });
});
