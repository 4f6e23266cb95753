import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createParameterStore } from '../../../local/host-endpoints/parameter-store.ts';

const name = '/payment/local/AMQP_PASS';
const now = () => Date.parse('2026-11-22T20:45:00Z');
let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'rollgate-parameters-'));
});

test('every version is kept, also by the next engine', () => {
  const store = createParameterStore(stateDir, now);
  store.put(name, 'one');
  store.put(name, 'two');

  const next = createParameterStore(stateDir, now);

  expect(next.get(name)).toEqual({
    name,
    type: 'SecureString',
    value: 'two',
    version: 2,
    modifiedAt: '2026-11-22T20:45:00.000Z',
  });
  expect([next.get(name, 1)?.value, next.get(name, 3), next.get('/none')]).toEqual(['one', undefined, undefined]);
});

test('the same value again makes no new version', () => {
  const store = createParameterStore(stateDir, now);
  store.put(name, 'one');

  expect(store.put(name, 'one').version).toBe(1);
});

test('only its owner can read the file', () => {
  createParameterStore(stateDir, now).put(name, 'one');

  expect(statSync(join(stateDir, 'parameters.json')).mode & 0o777).toBe(0o600);
});

test('a name with a version in it is refused', () => {
  expect(() => createParameterStore(undefined, now).put(`${name}:3`, 'x')).toThrow(TypeError);
});
