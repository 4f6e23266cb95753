import { expect, test } from 'vitest';
import { emptyTargetState } from '../../../core/model/target-state.ts';
import { frozenSentence, withFreeze } from '../../../core/operator/freeze.ts';
import { said } from '../given-rollout.ts';

const free = emptyTargetState('payment');
const frozen = { ...free, freeze: said(10, 'sale') };

test.each([
  ['nobody has said a word', null, null, null],
  ['freeze was said', said(10), null, said(10)],
  ['freeze was said after unfreeze', said(20), said(10), said(20)],
  ['unfreeze was said after freeze', said(10), said(20), null],
  ['only unfreeze was said', null, said(20), null],
])('%s', (_what, freeze, unfreeze, stands) => {
  expect(withFreeze(free, { freeze, unfreeze }).freeze).toEqual(stands);
});

test('a word that is in force already changes nothing', () => {
  expect(withFreeze(frozen, { freeze: said(10, 'sale'), unfreeze: null })).toBe(frozen);
  expect(withFreeze(free, { freeze: said(10), unfreeze: said(20) })).toBe(free);
});

test('a freeze that nobody has said, as an older version wrote it, stays', () => {
  expect(withFreeze(frozen, { freeze: null, unfreeze: null })).toBe(frozen);
});

test('the sentence says by whom, why and what to type', () => {
  expect(frozenSentence(said(10, 'sale'))).toBe('the target is frozen by anna (sale); rollgate unfreeze ends that');
});
