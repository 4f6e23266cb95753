import { expect, test } from 'vitest';
import { diagnoseError } from '../../../../core/diagnosis/diagnose-error.ts';
import type { CaughtError } from '../../../../core/model/host-progress.ts';
import type { Decision } from '../../../../core/model/rollout-facts.ts';
import { waitToRetry } from '../../../../core/rollout/decide/wait-to-retry.ts';
import { documentedRows, wordsOf } from '../../documented-rows.ts';
import { givenHost, givenRollout } from '../../given-rollout.ts';

/** `wave a b`, `wait 12`, `park` */
function decisionOf(text: string): Decision {
  const [kind, ...words] = text.split(' ');
  const hosts = words.map((word) => `i-${word}`);
  switch (kind) {
    case 'wave':
      return { kind, wave: 1, hosts, maxConcurrency: 1 };
    case 'revert':
      return { kind, hosts, maxConcurrency: 1 };
    case 'wait':
      return { kind, seconds: Number(words[0]) };
    default:
      return { kind: 'park', wave: 1, why: 'pause', untilMilliseconds: 0 };
  }
}

function caughtIn(round: number): CaughtError {
  const call = { action: 'activate', name: 'AccessDenied', cause: 'no', isBegun: false } as const;
  return { ...call, round, at: 'then', diagnosis: diagnoseError(call) };
}

const rows = documentedRows('core/rollout/decide/wait-to-retry.ts', 'waitToRetry');

test('has worked examples', () => {
  expect(rows.length).toBeGreaterThan(5);
});

test.each(rows)('after %s, which left %s, %s is wanted: %s', (before = '', left = '', wanted = '', expected = '') => {
  const decisions = wordsOf(before).map(decisionOf);
  const last = decisions.length;
  const caught = left === 'an error of a' ? caughtIn(last) : null;
  const isDead = left === 'no step at all' || decisions.at(-1)?.kind === 'wait';
  const a = givenHost('a', { caught, lastStepRound: isDead ? 0 : last });
  const facts = givenRollout([a, givenHost('b', { lastStepRound: 0 })], { decisions });

  expect(waitToRetry(facts, decisionOf(wanted))).toEqual(decisionOf(expected));
});

test('waits no longer than a minute, however often nothing came of it', () => {
  const decisions = Array.from({ length: 9 }, (_, index) => decisionOf(index % 2 === 0 ? 'revert a' : 'wait 60'));
  const facts = givenRollout([givenHost('a', { caught: caughtIn(9) })], { decisions });

  expect(waitToRetry(facts, decisionOf('revert a'))).toEqual({ kind: 'wait', seconds: 60 });
});
