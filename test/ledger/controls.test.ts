import { beforeEach, expect, test } from 'vitest';
import type { Ports, Stage } from '../../clients/ports.ts';
import { readControl, readControls, readRecord, readRecords, writeControl } from '../../ledger/controls.ts';
import { keys } from '../../ledger/keys.ts';
import { createMemoryLedger, type MemoryLedger } from '../fakes/memory-ledger.ts';

const stage: Stage = {
  ...{ service: 'payment', name: 'local', region: 'eu-west-1', kind: 'embedded' },
  ...{ stateBucket: 'rollgate-state-local', artifactBucket: 'roboshop-builds' },
};
const one = 'd-20261122-204500-1a2b3c';
const other = 'd-20261122-204600-ffffff';
const at = (second: number): string => new Date(Date.parse('2026-11-22T20:45:00Z') + second * 1000).toISOString();

let ledger: MemoryLedger;
let ports: Pick<Ports, 'stage' | 'ledger'>;

beforeEach(() => {
  ledger = createMemoryLedger();
  ports = { stage, ledger };
});

test('words stand below the prefix of their verb, named by their instant and their content', async () => {
  await writeControl(ports, 'halt', one, { by: 'anna', at: at(1), reason: 'lunch' });

  expect(await ledger.list(keys.allControls('payment'))).toEqual([
    expect.stringMatching(
      /^rollgate\/payment\/control\/halt\/d-20261122-204500-1a2b3c\/20261122T204501000Z-[0-9a-f]{8}\.json$/,
    ),
  ]);
});

test('no word takes the place of another, not even of the same instant; the same one twice is one', async () => {
  const word = { by: 'anna', at: at(1), reason: '' };
  await writeControl(ports, 'pause', one, word);
  await writeControl(ports, 'pause', one, word);
  await writeControl(ports, 'pause', one, { ...word, by: 'ben' });
  await writeControl(ports, 'pause', one, { ...word, at: at(2) });

  expect(await readRecord(ports, one)).toHaveLength(3);
  expect(await readControl(ports, 'pause', one)).toEqual({ ...word, at: at(2) });
});

test('decisions are made from the last word of each verb, and from every skip and retry', async () => {
  const word = (second: number, hosts?: readonly string[]) => ({
    ...{ by: 'anna', at: at(second), reason: '' },
    ...(hosts === undefined ? {} : { hosts }),
  });
  await writeControl(ports, 'halt', one, word(1));
  await writeControl(ports, 'halt', one, { ...word(2), isKept: true });
  await writeControl(ports, 'skip', one, word(3, ['i-a']));
  await writeControl(ports, 'skip', one, word(4, ['i-b']));

  const controls = await readControls(ports, one);

  expect(controls).toMatchObject({ halt: { isKept: true }, pause: null, resume: null, approve: null, retry: [] });
  expect(controls.skip.flatMap((each) => each.hosts)).toEqual(['i-a', 'i-b']);
});

test('the record of many deployments is read at once, each in the order of time', async () => {
  await writeControl(ports, 'resume', one, { by: 'anna', at: at(2), reason: '' });
  await writeControl(ports, 'pause', one, { by: 'anna', at: at(1), reason: '' });
  await writeControl(ports, 'halt', other, { by: 'ben', at: at(3), reason: '' });
  await writeControl(ports, 'halt', 'd-20261122-204700-eeeeee', { by: 'ben', at: at(4), reason: '' });

  const records = await readRecords(ports, [one, other]);

  expect([...records].map(([id, words]) => `${id}: ${words.map(({ verb }) => verb).join(', ')}`).sort()).toEqual([
    `${one}: pause, resume`,
    `${other}: halt`,
  ]);
});
