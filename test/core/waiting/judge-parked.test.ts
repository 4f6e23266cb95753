import { describe, expect, test } from 'vitest';
import { judgeParked, type ParkedFacts } from '../../../core/waiting/judge-parked.ts';

const ended = { outcomeAt: '2026-11-22T20:45:00.000Z' };
const atTheEnd = Date.parse(ended.outcomeAt);
const command: ParkedFacts = {
  kind: 'command',
  isAnswered: false,
  outcomeAt: null,
  execution: 'running',
  lock: 'its-own',
  nowMilliseconds: atTheEnd,
};

describe.each(['lock', 'operator', 'bake', 'balancer'] as const)('a token that waits for %s', (kind) => {
  const waiting: ParkedFacts = { ...command, kind, lock: 'of-others' };

  test('stays while its execution runs, or nobody knows', () => {
    expect(judgeParked(waiting)).toBe('keep');
    expect(judgeParked({ ...waiting, execution: 'unknown' })).toBe('keep');
  });

  test('goes when its execution or its deployment has ended', () => {
    expect(judgeParked({ ...waiting, execution: 'ended' })).toBe('remove');
    expect(judgeParked({ ...waiting, ...ended })).toBe('remove');
  });
});

describe('a token that waits for a command', () => {
  test('of the execution that holds the lock is looked at until it was answered', () => {
    expect(judgeParked(command)).toBe('look');
    expect(judgeParked({ ...command, execution: 'unknown' })).toBe('look');
    expect(judgeParked({ ...command, isAnswered: true })).toBe('keep');
  });

  test('of a dead execution stays for the repair that takes its lock over', () => {
    expect(judgeParked({ ...command, execution: 'ended' })).toBe('keep');
    expect(judgeParked({ ...command, lock: 'taken-over' })).toBe('keep');
    expect(judgeParked({ ...command, lock: 'taken-over', execution: 'ended' })).toBe('keep');
  });

  test('of a deployment without the lock goes when its execution has ended, not before', () => {
    expect(judgeParked({ ...command, lock: 'of-others' })).toBe('keep');
    expect(judgeParked({ ...command, lock: 'of-others', execution: 'unknown' })).toBe('keep');
    expect(judgeParked({ ...command, lock: 'of-others', execution: 'ended' })).toBe('remove');
  });

  test('stays a quarter of an hour after the end, for the events that come late', () => {
    const over = { ...command, ...ended, lock: 'of-others', execution: 'ended' } as const;

    expect(judgeParked({ ...over, nowMilliseconds: atTheEnd + 900_000 })).toBe('keep');
    expect(judgeParked({ ...over, nowMilliseconds: atTheEnd + 900_001 })).toBe('remove');
    expect(judgeParked({ ...over, isAnswered: true, nowMilliseconds: atTheEnd + 900_001 })).toBe('remove');
  });
});
