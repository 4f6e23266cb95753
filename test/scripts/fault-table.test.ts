import { describe, expect, test } from 'vitest';
import { catalogue } from '../acceptance/faults/catalogue.ts';
import type { Expected, Fault } from '../acceptance/faults/fault.ts';
import { judgeFault, type SeenFault } from '../acceptance/faults/judge-fault.ts';
import { lookAlikes } from '../acceptance/faults/look-alikes.ts';
import { renderFaults } from '../acceptance/faults/render-faults.ts';
import type { FaultResult } from '../acceptance/faults/try-fault.ts';

const hosts = ['a', 'b', 'c'].map((name) => ({ name, instanceId: `i-${name}` }));
const diagnosis = { cause: 'crash-loop', meaning: 'it died 3 times', remedy: 'mend it', kind: 'release' } as const;
const expected: Expected = {
  end: 'RolledBack',
  firstLine: ({ meaning }) => `did not pass on a: ${meaning}`,
  diagnosis: { cause: 'crash-loop', meaning: /^it died \d times$/, remedy: /^mend it$/, hosts: [0] },
  touched: [0],
};

/** What was seen where all is as expected. */
function seen(more: Partial<SeenFault> = {}): SeenFault {
  const sight = { pids: ['1', '2', '3'], healthy: [true, true, true], isLocked: false, stable: 1 };
  return {
    release: 'v2',
    outcome: {
      ...{
        deploymentId: 'd',
        status: 'RolledBack',
        errorName: null,
        endedAt: '',
        isDryRun: false,
        isWholeTarget: true,
      },
      executionArn: 'arn',
      reason: { code: 'gate-failed', text: 'did not pass on a: it died 3 times' },
      hosts: hosts.map((host, index) => ({
        ...host,
        status: 'reverted',
        running: 'v1',
        observedAt: null,
        repair: null,
        diagnosis: index === 0 ? diagnosis : null,
      })),
    },
    explained: {
      service: 'payment',
      stage: 'local',
      deploymentId: 'd',
      status: 'RolledBack',
      reason: null,
      said: [],
      hosts: hosts.map((host, index) => ({
        ...host,
        isSimulated: false,
        left: null,
        running: 'v1',
        repair: null,
        steps: [],
        errors: [],
        diagnosis: index === 0 ? diagnosis : null,
      })),
    },
    printed: 'why: did not pass on a: it died 3 times\ncrash-loop: it died 3 times',
    before: sight,
    after: { ...sight, pids: ['9', '2', '3'] },
    hosts,
    ...more,
  };
}

describe('a fault is as it should be', () => {
  test('where end, first line, diagnoses, touched hosts, the others, lock and stable are', () => {
    expect(judgeFault(expected, seen())).toEqual([]);
  });

  test.each<[string, SeenFault, readonly string[]]>([
    [
      'another end',
      seen({ outcome: { ...seen().outcome, status: 'FailedDirty' } }),
      ['it ended "FailedDirty", not "RolledBack"'],
    ],
    [
      'another first line',
      seen({ outcome: { ...seen().outcome, reason: { code: 'gate-failed', text: 'why' } } }),
      ['the first line is "why", not "did not pass on a: it died 3 times"'],
    ],
    [
      'a diagnosis of a host that has nothing',
      seen({
        outcome: {
          ...seen().outcome,
          hosts: seen().outcome.hosts.map((host) => ({ ...host, diagnosis })),
        },
      }),
      ['b has crash-loop: it died 3 times', 'c has crash-loop: it died 3 times'],
    ],
    [
      'no diagnosis in explain',
      seen({ explained: { ...seen().explained, hosts: [] } }),
      [
        'the first line is "did not pass on a: it died 3 times", not "did not pass on a: "',
        'a has no diagnosis in explain',
      ],
    ],
    [
      'an explain that does not print it',
      seen({ printed: 'nothing' }),
      ['explain does not print the first line', 'explain does not print the cause and the meaning of a'],
    ],
    [
      'a host that was not to be touched',
      seen({ after: { ...seen().after, pids: ['9', '2', '4'] } }),
      ['the service of c is "another process", not "the same process"'],
    ],
    [
      'a host that does not serve',
      seen({ after: { ...seen().after, healthy: [true, false, true] } }),
      ['b is "silent", not "serving"'],
    ],
    ['a lock that is held', seen({ after: { ...seen().after, isLocked: true } }), ['the lock is held']],
    [
      'a stable release that moved',
      seen({ after: { ...seen().after, stable: 2 } }),
      ['stable has "moved", not "unchanged"'],
    ],
  ])('and is not with %s', (_what, found, problems) => {
    expect(judgeFault(expected, found)).toEqual(problems);
  });
});

function fault(name: string, isAlike?: Fault['isAlike']): Fault {
  return {
    name,
    injected: name,
    isSimulated: false,
    inject: () => undefined,
    mend: () => undefined,
    expected,
    deploy: { kind: 'good-release' },
    ...(isAlike === undefined ? {} : { isAlike }),
  };
}

function result(name: string, more: Partial<FaultResult> = {}): FaultResult {
  return {
    name,
    injected: name,
    isSimulated: false,
    end: 'RolledBack',
    firstLine: 'why',
    diagnosis,
    repairs: [],
    seconds: 12.4,
    problems: [],
    isStageSpoilt: false,
    ...more,
  };
}

describe('two faults', () => {
  test('that mean the same are told, whatever their numbers', () => {
    const other = { ...diagnosis, meaning: 'it died 44 times' };

    expect(lookAlikes([fault('one'), fault('two')], [result('one'), result('two', { diagnosis: other })])).toEqual([
      'one and two mean the same: it died 44 times',
    ]);
  });

  test('may mean the same where one says why', () => {
    const alike = { to: 'one', why: 'nobody can tell them apart' };

    expect(lookAlikes([fault('one'), fault('two', alike)], [result('one'), result('two')])).toEqual([]);
  });

  test('may not mean the same and have different causes, whatever they say', () => {
    const other = { ...diagnosis, cause: 'worker-deaths' } as const;

    expect(
      lookAlikes(
        [fault('one'), fault('two', { to: 'one', why: 'no reason is good enough' })],
        [result('one'), result('two', { diagnosis: other })],
      ),
    ).toEqual(['one and two mean the same: it died 3 times (crash-loop, worker-deaths)']);
  });

  test('with words of their own, or without harm, are no look-alikes', () => {
    const results = [
      result('one'),
      result('two', { diagnosis: { ...diagnosis, meaning: 'it was killed' } }),
      result('three', { diagnosis: null }),
      result('four', { diagnosis: null }),
    ];

    expect(
      lookAlikes(
        ['one', 'two', 'three', 'four'].map((name) => fault(name)),
        results,
      ),
    ).toEqual([]);
  });
});

test('the table has a line for each fault, and what is wrong below it', () => {
  const results = [
    result('one', { diagnosis: { ...diagnosis, meaning: 'word '.repeat(30) } }),
    result('two', { isSimulated: true, end: 'Succeeded', diagnosis: null, firstLine: 'v2 runs on 1 host\nmore' }),
    result('three', { end: null, firstLine: null, diagnosis: null, problems: ['the deployment did not end'] }),
  ];

  expect(renderFaults(results)).toMatchInlineSnapshot(`
    [
      "#  fault  injected   end         cause       what a person reads                                                s",
      "1  one    real       RolledBack  crash-loop  word word word word word word word word word word word word wor…  12  ✓",
      "2  two    simulated  Succeeded   no harm     v2 runs on 1 host                                                 12  ✓",
      "3  three  real       no end      none                                                                          12  ✗",
      "      ✗ the deployment did not end",
    ]
  `);
});

describe('the catalogue', () => {
  test('names each fault once, in words that --only takes', () => {
    const names = catalogue.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(24);
  });

  test('says of which fault another is a look-alike', () => {
    const names = catalogue.map(({ name }) => name);

    expect(catalogue.flatMap(({ isAlike }) => isAlike?.to ?? []).filter((name) => !names.includes(name))).toEqual([]);
  });
});
