import { expect, test } from 'vitest';
import { noControls } from '../../../core/rollout/controls.ts';
import { cutsShort, mayBeCutShort } from '../../../core/rollout/cuts-short.ts';
import { hostActions } from '../../../core/statuses.ts';
import { said } from '../given-rollout.ts';

const halted = { ...noControls, halt: said(10) };
const skipped = { ...noControls, skip: [{ ...said(10), hosts: ['i-a'] }] };

test.each([
  ['install', 'halt', 'skip'],
  ['verify', 'halt', 'skip'],
  ['activate', null, null],
  ['revert', null, null],
  ['verifyRevert', null, null],
  ['settle', null, null],
] as const)('%s after a halt: %s, after a skip of its host: %s', (action, afterHalt, afterSkip) => {
  const step = { action, instanceId: 'i-a' };

  expect(cutsShort(step, halted)).toBe(afterHalt);
  expect(cutsShort(step, skipped)).toBe(afterSkip);
  expect(cutsShort(step, noControls)).toBeNull();
  expect(cutsShort({ ...step, instanceId: 'i-b' }, skipped)).toBeNull();
});

test('what may not be cut short is not asked for', () => {
  expect(hostActions.filter(mayBeCutShort)).toEqual(['install', 'verify']);
});
