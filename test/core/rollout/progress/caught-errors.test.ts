import { describe, expect, test } from 'vitest';
import type { Step, StepError } from '../../../../core/model/deployment-records.ts';
import type { Decision, RecordedDecision } from '../../../../core/model/rollout-facts.ts';
import {
  caughtErrorOf,
  deadDecision,
  errorsOfMaps,
  givenUpOf,
  maxDeadRounds,
} from '../../../../core/rollout/progress/caught-errors.ts';
import { type GivenStep, givenStep, recorded } from '../../given-rollout.ts';

const hosts = ['i-a', 'i-b'];
const wave: Decision = { kind: 'wave', wave: 1, hosts, maxConcurrency: 1 };
const revert: Decision = { kind: 'revert', hosts, maxConcurrency: 1 };
const join: Decision = { kind: 'join', hosts, maxConcurrency: 1 };
const wait: Decision = { kind: 'wait', seconds: 4 };
const park: Decision = { kind: 'park', wave: 1, why: 'platform-fault', untilMilliseconds: 0 };

const decisionsOf = (...decisions: readonly Decision[]): RecordedDecision[] =>
  decisions.map((decision, index) => recorded(decision, index + 1));
const errorIn = (round: number): StepError => ({
  instanceId: 'i-a',
  round,
  name: 'AccessDenied',
  cause: 'no',
  at: new Date(round * 1000).toISOString(),
});

interface Given {
  readonly decisions: readonly RecordedDecision[];
  readonly errors?: readonly number[];
  readonly steps?: readonly GivenStep[];
  readonly afterRound?: number;
}

function facts({ decisions, errors = [], steps = [], afterRound = -1 }: Given) {
  const own: readonly Step[] = steps.map(givenStep);
  return { instanceId: 'i-a', steps: own, errors: errors.map(errorIn), decisions, afterRound };
}

describe('a step is given up', () => {
  test.each<readonly [string, Given, readonly string[]]>([
    ['after three rounds with an error', { decisions: decisionsOf(wave, wave, wave), errors: [1, 2, 3] }, ['activate']],
    ['not after two', { decisions: decisionsOf(wave, wave), errors: [1, 2] }, []],
    [
      'not for rounds in which the host was held back',
      { decisions: decisionsOf(wave, wave, wave, wave, wave), errors: [1, 4] },
      [],
    ],
    [
      'also where it was held back in between',
      { decisions: decisionsOf(wave, wait, wave, wave, wait, wave), errors: [1, 4, 6] },
      ['activate'],
    ],
    [
      'not where a round in between had its intent',
      {
        decisions: decisionsOf(wave, wave, wave, wave),
        errors: [1, 2, 4],
        steps: [{ action: 'activate', round: 3, status: 'done' }],
      },
      [],
    ],
    [
      'not for rounds of an execution that died',
      { decisions: decisionsOf(revert, revert, revert), errors: [1, 2, 3], afterRound: 1 },
      [],
    ],
    ['by its own kind of round', { decisions: decisionsOf(wave, revert, revert), errors: [1, 2, 3] }, []],
    [
      'for a load balancer only since the host was switched',
      {
        decisions: decisionsOf(join, join, revert, join),
        errors: [1, 2, 4],
        steps: [{ action: 'revert', round: 3, status: 'done' }],
      },
      [],
    ],
  ])('%s', (_name, given, expected) => {
    expect(givenUpOf(facts(given))).toEqual(expected);
  });

  test('by errors of the whole Map as by errors of the host', () => {
    const error = { name: 'States.DataLimitExceeded', cause: 'too much' };
    const decisions = [1, 2, 3, 4].map((round) => recorded(revert, round, { error: round === 1 ? null : error }));

    const errors = errorsOfMaps(decisions).filter(({ instanceId }) => instanceId === 'i-a');

    expect(errors.map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(givenUpOf({ ...facts({ decisions }), errors })).toEqual(['revert']);
  });
});

describe('the newest error of a host', () => {
  test.each<readonly [string, Given, string | null]>([
    ['stands while nothing has come since', { decisions: decisionsOf(wave), errors: [1] }, 'activate'],
    [
      'is of the gate where the switch is done',
      { decisions: decisionsOf(wave), errors: [1], steps: [{ action: 'activate', status: 'done' }] },
      'verify',
    ],
    [
      'is of the gate of a revert too',
      { decisions: decisionsOf(revert), errors: [1], steps: [{ action: 'revert', status: 'done' }] },
      'verifyRevert',
    ],
    ['is of the install before the first decision', { decisions: [], errors: [0] }, 'install'],
    [
      'is over once a later round has done something',
      { decisions: decisionsOf(wave, wave), errors: [1], steps: [{ action: 'activate', round: 2, status: 'done' }] },
      null,
    ],
    ['is none where there was none', { decisions: decisionsOf(wave) }, null],
  ])('%s', (_name, given, expected) => {
    expect(caughtErrorOf(facts(given))?.action ?? null).toBe(expected);
  });

  test('tells whether its step had begun', () => {
    const decisions = decisionsOf(wave);
    const steps: readonly GivenStep[] = [{ action: 'activate' }];

    expect(caughtErrorOf(facts({ decisions, errors: [1] }))?.isBegun).toBe(false);
    expect(caughtErrorOf(facts({ decisions, errors: [1], steps }))?.isBegun).toBe(true);
  });
});

describe('a decision that leaves nothing', () => {
  const many = Array.from({ length: maxDeadRounds }, () => revert);

  test('is not made once more after so many like it', () => {
    expect(deadDecision({ steps: [], decisions: decisionsOf(...many) }, -1)).toEqual(revert);
    expect(deadDecision({ steps: [], decisions: decisionsOf(...many.slice(1)) }, -1)).toBeNull();
  });

  test('counts from the last step of any host, and from the last parking', () => {
    const steps = [givenStep({ action: 'revert', round: 3 })];

    expect(deadDecision({ steps, decisions: decisionsOf(...many) }, -1)).toBeNull();
    expect(deadDecision({ steps: [], decisions: decisionsOf(park, ...many.slice(1)) }, 1)).toBeNull();
  });
});
