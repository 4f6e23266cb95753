import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAccessLog } from '../../../local/host-endpoints/access-log.ts';
import type { AccessEntry } from '../../../local/host-endpoints/endpoint.ts';

const entry: AccessEntry = {
  at: '2026-11-22T20:45:00.000Z',
  sourceAddress: '10.213.77.11',
  instanceId: 'i-0a1',
  endpoint: 's3',
  action: 'GetObject',
  resources: ['rollgate-state-local/rollgate/payment/releases/1.zip'],
  status: 200,
};

test('each request is one line of JSON', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'rollgate-access-')), 'access.log');
  const log = createAccessLog(path);
  log(entry);
  log({ ...entry, status: 403, error: 'AccessDenied' });

  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([entry, { ...entry, status: 403, error: 'AccessDenied' }]);
});

test('a log that has grown beyond 5 MB is put aside', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'rollgate-access-')), 'access.log');
  const log = createAccessLog(path);
  writeFileSync(path, 'x'.repeat(5_000_001));
  log(entry);

  expect(existsSync(`${path}.1`)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(entry)}\n`);
});
