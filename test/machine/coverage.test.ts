import { expect, test } from 'vitest';
import { definition } from '../fakes/world.ts';
import { pointsOf } from './coverage.ts';
import { readRecords } from './story-records.ts';

test('the stories together visit every state, every Catch and every Choice arm', () => {
  const visited = new Set(readRecords().flatMap((record) => record.visited));

  expect(pointsOf(definition).filter((point) => !visited.has(point))).toEqual([]);
});
