import { expect, test } from 'vitest';
import { noControls } from '../../../core/model/operator-requests.ts';
import { hostActions } from '../../../core/model/statuses.ts';
import { interrupts, mayBeInterrupted } from '../../../core/operator/interrupts.ts';
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

  expect(interrupts(step, halted)).toBe(afterHalt);
  expect(interrupts(step, skipped)).toBe(afterSkip);
  expect(interrupts(step, noControls)).toBeNull();
  expect(interrupts({ ...step, instanceId: 'i-b' }, skipped)).toBeNull();
});

test('what may not be cut short is not asked for', () => {
  expect(hostActions.filter(mayBeInterrupted)).toEqual(['install', 'verify']);
});
