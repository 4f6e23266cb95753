import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../../core/model/diagnosis.ts';
import { recoveryOf, switchOf } from '../../../../core/rollout/progress/recovery.ts';
import { crashed, type GivenStep, givenStep, newRelease, oldRelease } from '../../given-rollout.ts';

const noRoom: Diagnosis = { cause: 'command-lost', kind: 'platform', meaning: 'no room', remedy: 'none' };
const offline: Diagnosis = { cause: 'agent-offline', kind: 'host', meaning: 'offline', remedy: 'start it' };
const install: GivenStep = { action: 'install', status: 'done', round: 0 };
const activated: GivenStep = { action: 'activate', status: 'done' };
const lost: GivenStep = { action: 'activate', status: 'unknown' };
const settled = (running: string, isActive = true): GivenStep => ({
  action: 'settle',
  status: 'done',
  round: 2,
  host: { running, isActive },
});

const cases: readonly (readonly [string, readonly GivenStep[], string, string | null])[] = [
  ['nothing was sent', [], 'none', null],
  ['it is still out', [{ action: 'activate' }], 'open', 'settle'],
  ['nobody knows what it did', [lost], 'unknown', 'settle'],
  ['it is being settled', [lost, { action: 'settle', round: 2 }], 'unknown', 'settle'],
  ['it does not settle', [lost, { action: 'settle', round: 2, status: 'unknown' }], 'unknown', null],
  ['it turns out not to have run', [lost, settled(oldRelease)], 'undone', 'activate'],
  ['it turns out to have run', [lost, settled(newRelease)], 'switched', 'verify'],
  ['it stopped half-way', [lost, settled(oldRelease, false)], 'failed', null],
  ['it was lost again since', [lost, settled(oldRelease), { ...lost, attempt: 2, round: 3 }], 'unknown', 'settle'],
  ['it failed', [{ action: 'activate', status: 'failed', diagnosis: crashed }], 'failed', null],
  ['SSM had no room for it', [{ action: 'activate', status: 'refused', diagnosis: noRoom }], 'undone', 'activate'],
  ['SSM refused the host', [{ action: 'activate', status: 'refused', diagnosis: offline }], 'refused', null],
  ['it is on, and nobody asked the gate', [activated], 'switched', 'verify'],
  ['it passed', [activated, { action: 'verify', status: 'done' }], 'switched', null],
  ['its gate failed', [activated, { action: 'verify', status: 'failed', diagnosis: crashed }], 'switched', null],
  ['its gate gave no answer', [activated, { action: 'verify', status: 'unknown' }], 'switched', 'settle'],
  [
    'its gate gave no answer, and it settled',
    [activated, { action: 'verify', status: 'unknown' }, settled(newRelease)],
    'switched',
    'verify',
  ],
  [
    'its gate found no room',
    [activated, { action: 'verify', status: 'refused', diagnosis: noRoom }],
    'switched',
    'verify',
  ],
  [
    'its gate found it offline',
    [activated, { action: 'verify', status: 'refused', diagnosis: offline }],
    'switched',
    null,
  ],
  ['it is on its way back', [lost, { action: 'revert', round: 2 }], 'unknown', null],
];

describe('of a host whose activation', () => {
  test.each(cases)('%s', (_, given, switched, recovery) => {
    const facts = { steps: [install, ...given].map(givenStep), before: oldRelease };

    expect([switchOf(facts), recoveryOf(facts)]).toEqual([switched, recovery]);
  });

  test('was lost where nothing ran before, and nothing runs now', () => {
    const facts = { steps: [install, lost, settled('none', false)].map(givenStep), before: 'none' };

    expect(recoveryOf(facts)).toBe('activate');
  });

  test('was lost, and nobody saw what ran before', () => {
    const facts = { steps: [lost, settled(newRelease)].map(givenStep), before: null };

    expect(recoveryOf(facts)).toBe('settle');
  });
});
