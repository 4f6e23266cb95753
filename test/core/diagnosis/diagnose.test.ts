import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis/diagnose.ts';
import { readJournal } from '../../../core/diagnosis/journal-facts.ts';
import { packageOfHeader, packageOfLibrary, packageOfTool } from '../../../core/diagnosis/system-packages.ts';
import { causeKinds } from '../../../core/model/causes.ts';
import type { Diagnosis } from '../../../core/model/diagnosis.ts';
import { hostFailures } from '../../../core/model/host-report.ts';
import { configuration } from '../../given/configuration.ts';
import { balancerCauses } from '../balancer/balancer-causes.ts';
import { check, reportOf, seen } from '../report-of.ts';
import { cases } from './diagnosis-cases.ts';
import { errorCauses } from './error-causes.ts';

/** What is said of each case, read by a person before it was committed. */
const expected: Readonly<Record<string, Diagnosis>> = JSON.parse(
  readFileSync('test/fixtures/diagnoses.json', 'utf8'),
) as Readonly<Record<string, Diagnosis>>;

describe('diagnose', () => {
  test.each(Object.keys(cases))('%s', (name) => {
    expect(diagnose(cases[name] ?? {})).toEqual(expected[name]);
  });

  test('has a case for every cause of the closed list', () => {
    const ofHosts = Object.values(cases).map((facts) => diagnose(facts).cause);
    const reached = new Set([...ofHosts, ...balancerCauses, ...errorCauses]);

    expect([...reached].sort()).toEqual(Object.keys(causeKinds).sort());
  });

  test('says the same of two cases only where they are the same fault', () => {
    const byMeaning = Map.groupBy(Object.entries(expected), ([, { meaning }]) => meaning);
    const alike = [...byMeaning.values()].filter((group) => group.length > 1);

    expect(alike.map((group) => group.map(([name]) => name))).toEqual([
      ['start: import error', 'start: import error while the broker is down too'],
      ['upstream: no answer', 'upstream: no answer, configuration not at hand'],
      ['upstream: refuses', 'upstream: only the message tells'],
      ['ssm: refused at the call, no Linux', 'ssm: wrong platform'],
    ]);
    for (const group of alike) expect(new Set(group.map(([, { cause }]) => cause)).size).toBe(1);
  });

  test('names in every remedy something to type, to look at or to correct', () => {
    const names =
      /\b(?:aws|df|rabbitmqctl|resolvectl|rollgate|ps|ss|ip route|systemctl|timedatectl|uptime) |services\/\S+\.yml|requirements|runtime\.|maxUnavailable|\b(?:upload|rerun|read|tag|tags|memory|CloudTrail|know why|timedatectl|index-url|ini file|instance profile)\b/;

    expect(Object.values(expected).filter(({ remedy }) => !names.test(remedy))).toEqual([]);
  });

  test('knows every word that a script may say, also without any evidence', () => {
    const unknown = hostFailures.filter(
      (failure) => diagnose({ report: reportOf('verify', failure, 'something') }).cause === 'unknown',
    );

    expect(unknown).toEqual([]);
  });

  test('says in one line each what happened and what to do, whatever a host reports', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'Address already in use',
        'unable to load app',
        'a\nb',
        'x'.repeat(2000),
        ...seen('pip-no-compiler'),
      ),
    );
    const facts = fc.record({
      failure: fc.constantFrom(...hostFailures),
      message: text,
      lines: fc.array(text, { maxLength: 6 }),
      properties: fc.dictionary(fc.constantFrom('Result', 'ExecMainStatus', 'NRestarts', 'SubState'), text),
      checks: fc.array(
        fc.tuple(fc.constantFrom('active', 'http', 'upstream:cart', 'amqp:rabbitmq', 'upstream:'), text),
      ),
    });
    fc.assert(
      fc.property(facts, ({ failure, message, lines, properties, checks }) => {
        const report = reportOf('verify', failure, message, {
          evidence: { pip: lines, journal: lines, systemd: properties, lookedFor: lines },
          checks: checks.map(([name, detail]) => check(name, failure, detail)),
        });
        const { cause, kind, meaning, remedy } = diagnose({ report, configuration });
        expect(kind).toBe(causeKinds[cause]);
        for (const line of [meaning, remedy]) {
          expect(line).not.toMatch(/\n/);
          expect(line.length).toBeLessThanOrEqual(400);
        }
        expect(remedy).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

  test('prefers what SSM says of a send that it refused to an older report', () => {
    const report = reportOf('install', 'pip-failed', 'old');

    expect(diagnose({ report, sendRefused: 'InvalidInstanceId' }).cause).toBe('agent-offline');
  });
});

describe('readJournal', () => {
  test.each([
    ['short-iso', '2026-11-22T20:45:00+0000 ip-10-0-1-11 payment[812]: hello: world'],
    ['short', 'Nov 22 20:45:00 ip-10-0-1-11 payment[812]: hello: world'],
    ['cat', 'hello: world'],
  ])('takes lines in the format %s', (_, line) => {
    expect(readJournal([line]).lines).toEqual(['hello: world']);
  });

  test('finds the last exception of a chain and the frame of the release', () => {
    const journal = [
      'Traceback (most recent call last):',
      '  File "/app/releases/v42-1a2b3c4d5e6f/payment.py", line 3, in <module>',
      'KeyError: 1',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "/app/releases/v42-1a2b3c4d5e6f/rabbit.py", line 12, in connect',
      '  File "/app/venvs/0a/lib/python3.11/site-packages/pika/adapters/blocking_connection.py", line 478, in _create',
      'pika.exceptions.AMQPConnectionError',
      'OOPS ! failed loading app in worker 1 (pid 8292)',
    ];

    expect(readJournal(journal)).toEqual({
      lines: journal,
      exception: 'pika.exceptions.AMQPConnectionError',
      place: 'rabbit.py line 12',
    });
  });

  test('finds nothing in a journal without an exception', () => {
    expect(readJournal(['spawned uWSGI worker 1', 'no error here: fine'])).toEqual({
      lines: ['spawned uWSGI worker 1', 'no error here: fine'],
    });
  });
});

describe('system packages', () => {
  test.each([
    ['Python.h', 'python3-dev', 'python3-devel'],
    ['ffi.h', 'libffi-dev', 'libffi-devel'],
    ['openssl/ssl.h', 'libssl-dev', 'openssl-devel'],
    ['libxml/xpath.h', 'libxml2-dev', 'libxml2-devel'],
    ['libpq-fe.h', 'libpq-dev', 'postgresql-devel'],
    ['mysql.h', 'default-libmysqlclient-dev', 'mariadb-devel'],
    ['sasl/sasl.h', 'libsasl2-dev', 'cyrus-sasl-devel'],
    ['gssapi/gssapi.h', 'libkrb5-dev', 'krb5-devel'],
    ['stdio.h', 'libc6-dev', 'glibc-devel'],
    ['limits.h', 'libc6-dev', 'glibc-devel'],
    ['linux/limits.h', 'linux-libc-dev', 'kernel-headers'],
  ])('%s is in %s or %s', (header, apt, yum) => {
    expect(packageOfHeader(header)).toEqual({ apt, yum });
  });

  test('of libraries and tools, and of none that is not known', () => {
    expect(packageOfLibrary('pq')).toEqual({ apt: 'libpq-dev', yum: 'postgresql-devel' });
    expect(packageOfTool('pg_config')).toEqual({ apt: 'libpq-dev', yum: 'postgresql-devel' });
    expect([packageOfHeader('frobnicate.h'), packageOfLibrary('toString'), packageOfTool('constructor')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
