import { describe, expect, it } from 'vitest';
import { durationText, earliest, latest, secondsBetween } from '../../../core/views/elapsed.ts';

describe('a duration', () => {
  it.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [31.2, '31.2 s'],
    [59.96, '1 min 0 s'],
    [125, '2 min 5 s'],
    [3660, '1 h 1 min'],
  ])('of %d s reads %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('is counted in tenths, and never negative', () => {
    expect(secondsBetween('2026-11-22T20:45:00.000Z', '2026-11-22T20:45:01.260Z')).toBe(1.3);
    expect(secondsBetween('2026-11-22T20:45:00.000Z', Date.parse('2026-11-22T20:44:00.000Z'))).toBe(0);
    expect(secondsBetween(null, '2026-11-22T20:45:00.000Z')).toBeNull();
  });
});

it('the earliest and latest of no instants are none', () => {
  expect([earliest([]), latest([])]).toEqual([null, null]);
  expect(earliest(['2026-11-22T20:45:01.000Z', '2026-11-22T20:45:00.000Z'])).toBe('2026-11-22T20:45:00.000Z');
});
