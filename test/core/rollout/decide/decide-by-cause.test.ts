import { describe, expect, test } from 'vitest';
import { type CauseKind, causeKinds } from '../../../../core/model/causes.ts';
import { decideByCause, isTriedAgain, type Phase } from '../../../../core/rollout/decide/decide-by-cause.ts';
import { documentedRows } from '../../documented-rows.ts';

const rows = documentedRows('core/rollout/decide/decide-by-cause.ts', 'decideByCause');

describe('decideByCause', () => {
  test('has a row for every kind', () => {
    expect(rows.map(([kind]) => kind).sort()).toEqual([...new Set(Object.values(causeKinds))].sort());
  });

  test.each(rows)('%s: %s while it is staged, %s once it is switched', (kind, staging, switching) => {
    const phases: readonly Phase[] = ['staging', 'switching'];

    expect(phases.map((phase) => decideByCause(kind as CauseKind, phase))).toEqual([staging, switching]);
  });
});

describe('a step is sent again', () => {
  test.each([
    ['install', 'package-index-unreachable', true],
    ['install', 'download-failed', true],
    ['install', 'delivery-timed-out', true],
    ['install', 'late-command-refused', true],
    ['install', 'command-lost', false],
    ['install', 'pip-install-failed', false],
    ['install', 'disk-full', false],
    ['install', 'upstream-unreachable', false],
    ['activate', 'late-command-refused', true],
    ['activate', 'delivery-timed-out', false],
    ['verify', 'command-lost', false],
    ['verify', 'http-unhealthy', false],
    ['revert', 'late-command-refused', true],
  ] as const)('%s after %s: %s', (action, cause, expected) => {
    expect(isTriedAgain({ cause, action, isUndelivered: false, seconds: 60 })).toBe(expected);
  });

  test('where SSM says that it never reached the host', () => {
    expect(isTriedAgain({ cause: 'command-lost', action: 'activate', isUndelivered: true, seconds: 60 })).toBe(true);
  });

  test('but not where the first try took half an hour', () => {
    const facts = { cause: 'delivery-timed-out', action: 'install', isUndelivered: false } as const;

    expect([300, 301].map((seconds) => isTriedAgain({ ...facts, seconds }))).toEqual([true, false]);
  });
});
