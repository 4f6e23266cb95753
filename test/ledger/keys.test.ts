import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deploymentVerbs, targetVerbs } from '../../core/model/operator-requests.ts';
import { deploymentIdOf, keys } from '../../ledger/keys.ts';

const id = 'd-20261122-204500-1a2b3c';
const request = { by: 'anna', at: '2026-11-22T20:45:01.000Z', reason: 'lunch' };

/** By their UTF-8 bytes, as the ledger lists keys. */
const inOrder = (names: readonly string[]): readonly string[] =>
  names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

const anyInstant = fc
  .date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

test.each([
  [keys.state('payment'), 'rollgate/payment/state.json'],
  [keys.serviceConfig('payment'), 'rollgate/payment/service.json'],
  [keys.convergence('payment'), 'rollgate/payment/convergence.json'],
  [keys.allControls('payment'), 'rollgate/payment/control/'],
  [keys.controls('payment', 'halt', id), `rollgate/payment/control/halt/${id}/`],
  [
    keys.control('payment', 'halt', id, request),
    `rollgate/payment/control/halt/${id}/20261122T204501000Z-416aeea2.json`,
  ],
  [keys.releases('payment'), 'rollgate/payment/releases/'],
  [keys.manifest('payment', 42), 'rollgate/payment/releases/42.json'],
  [keys.zip('payment', 42), 'rollgate/payment/releases/42.zip'],
  [keys.content('payment', 'c0ffee'), 'rollgate/payment/contents/c0ffee.json'],
  [keys.packages('payment', 'c0ffee'), 'rollgate/payment/packages/c0ffee.txt'],
  [keys.deployments('payment'), 'rollgate/payment/deployments/'],
  [keys.deployment('payment', id), `rollgate/payment/deployments/${id}/`],
  [keys.request('payment', id), `rollgate/payment/deployments/${id}/request.json`],
  [keys.resolvedRelease('payment', id), `rollgate/payment/deployments/${id}/release.json`],
  [keys.plan('payment', id), `rollgate/payment/deployments/${id}/plan.json`],
  [keys.decision('payment', id, 7), `rollgate/payment/deployments/${id}/decisions/00007.json`],
  [keys.outcome('payment', id), `rollgate/payment/deployments/${id}/outcome.json`],
  [keys.hosts('payment', id), `rollgate/payment/deployments/${id}/hosts/`],
  [keys.step('payment', id, 'i-a', 'verify', 2), `rollgate/payment/deployments/${id}/hosts/i-a/verify-2`],
  [keys.parkedTasks, 'rollgate/parked/'],
  [keys.parked('lock/payment/d-1'), 'rollgate/parked/f65f3d68e98598bb643c5addb600d6ebaf227d9e.json'],
])('%s is a key of the ledger, and stays one: earlier records lie there', (key, place) => {
  expect(key).toBe(place);
});

describe("an operator's requests", () => {
  test('have a prefix for each verb, so that IAM can tell who may make which', () => {
    const verbs = [...deploymentVerbs, ...targetVerbs];

    expect(verbs.map((verb) => keys.control('payment', verb, id, request).split('/')[3])).toEqual(verbs);
  });

  test('sort by their instants', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyInstant, { maxLength: 10 }), (instants) => {
        const named = (all: readonly string[]) =>
          all.map((at) => keys.control('payment', 'pause', id, { ...request, at }));

        expect(inOrder(named(instants))).toEqual(named(instants.toSorted()));
      }),
    );
  });

  test('of one instant have a name each, and the same one twice has one', () => {
    const { by, ...others } = request;
    const nameOf = (made: Partial<typeof request> & Pick<typeof request, 'at'>): string =>
      keys.control('payment', 'pause', id, made);

    expect(nameOf({ ...request })).toBe(nameOf(request));
    expect(new Set([nameOf(request), nameOf({ ...request, by: 'ben' }), nameOf(others)]).size).toBe(3);
  });
});

test('decisions sort by their rounds', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 99_999 }), { maxLength: 10 }), (rounds) => {
      const named = (all: readonly number[]) => all.map((round) => keys.decision('payment', id, round));

      expect(inOrder(named(rounds))).toEqual(named(rounds.toSorted((a, b) => a - b)));
    }),
  );
});

test.each<[string, string, string]>([
  ['services', keys.deployments('pay'), keys.request('payment', id)],
  ['deployments', keys.deployment('payment', 'd-1'), keys.plan('payment', 'd-10')],
  [
    'deployments that are spoken to',
    keys.controls('payment', 'halt', 'd-1'),
    keys.control('payment', 'halt', 'd-10', request),
  ],
  [
    'hosts',
    `${keys.step('payment', id, 'i-a', 'verify', 1)}.`,
    `${keys.step('payment', id, 'i-a', 'verify', 10)}.json`,
  ],
])('a name that begins with the name of another is not below its prefix: %s', (_what, prefix, key) => {
  expect(key.startsWith(prefix)).toBe(false);
});

test('a parked task is filed under a hash: its name says nothing, and has no character that a key may not', () => {
  const names = ['lock/payment/d-1', 'lock/payment/d-2', 'command/rollgate payment?install/i-a', ''];

  const filed = names.map((name) => keys.parked(name));

  expect(filed).toEqual(names.map(() => expect.stringMatching(/^rollgate\/parked\/[0-9a-f]{40}\.json$/)));
  expect(new Set(filed).size).toBe(names.length);
});

describe('the id of a deployment', () => {
  test('is the second of its start in UTC, and a hash of its execution', () => {
    expect(
      deploymentIdOf(
        'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:one',
        '2026-11-22T20:45:00.123Z',
      ),
    ).toBe('d-20261122-204500-9794f5');
  });

  test('is the same whatever the way that the instant is written', () => {
    const ids = ['2026-11-22T20:45:00Z', '2026-11-22T20:45:00.999Z', '2026-11-22T21:45:00.5+01:00'].map((at) =>
      deploymentIdOf('arn:one', at),
    );

    expect(new Set(ids).size).toBe(1);
  });

  test('is another for another execution of the same second', () => {
    const at = '2026-11-22T20:45:00Z';

    expect(deploymentIdOf('arn:one', at)).not.toBe(deploymentIdOf('arn:two', at));
  });

  test('sorts by time', () => {
    const anySecond = anyInstant.map((at) => `${at.slice(0, 19)}Z`);
    fc.assert(
      fc.property(fc.uniqueArray(anySecond, { maxLength: 10 }), (instants) => {
        const ids = (all: readonly string[]) => all.map((at) => deploymentIdOf(`arn of ${at}`, at));

        expect(inOrder(ids(instants))).toEqual(ids(instants.toSorted()));
      }),
    );
  });
});
