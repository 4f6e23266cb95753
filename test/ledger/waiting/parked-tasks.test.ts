import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../../core/model/errors.ts';
import {
  balancerParkingName,
  commandParkingName,
  findParked,
  listParked,
  lockParkingName,
  markAnswered,
  type ParkedCommand,
  type ParkedLock,
  type ParkedRecord,
  park,
  pauseParkingName,
  readParked,
  removeParked,
  unpark,
} from '../../../ledger/waiting/parked-tasks.ts';
import { present } from '../given-steps.ts';
import { createLedgerBench, type LedgerBench, type LedgerPorts } from '../ledger-bench.ts';

const name = commandParkingName('rollgate-payment-install', 'i-a');
const command: ParkedCommand = {
  kind: 'command',
  token: 'token-1',
  deploymentId: 'd-1',
  fence: 7,
  instanceId: 'i-a',
  action: 'install',
  round: 0,
  parkedAt: '2026-11-22T20:45:00.000Z',
};
const lock: ParkedLock = {
  kind: 'lock',
  token: 'token-2',
  deploymentId: 'd-2',
  executionArn: 'arn:two',
  parkedAt: '2026-11-22T20:45:00.000Z',
};
const newer: ParkedCommand = { ...command, token: 'token-1b' };

let bench: LedgerBench;
let ports: LedgerPorts;
let others: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ({ ports, others } = bench);
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('a parked task', () => {
  test('is found by the name that it was parked under, and no other', async () => {
    await park(ports, name, command);
    await park(ports, lockParkingName('payment', 'd-2'), lock);

    expect(await findParked(ports, name)).toEqual(command);
    expect(await findParked(ports, lockParkingName('payment', 'd-2'))).toEqual(lock);
    expect(await findParked(ports, commandParkingName('rollgate-payment-install', 'i-b'))).toBeUndefined();
  });

  test('gives way to the one that its retry parks', async () => {
    await park(ports, name, command);
    await park(ports, name, newer);

    expect(await findParked(ports, name)).toEqual(newer);
    expect(await listParked(ports)).toHaveLength(1);
  });

  test('is found, and parked only once, where the answer about it was lost', async () => {
    bench.faults.given('ledger.put', { kind: 'lose-response' });

    await expect(park(ports, name, command)).rejects.toThrow(TransientAwsError);
    await park(ports, name, command);

    expect(await findParked(ports, name)).toEqual(command);
    expect(await listParked(ports)).toHaveLength(1);
  });

  test('has a name of its own for each kind, service, deployment and host', () => {
    const names = [
      commandParkingName('rollgate-payment-install', 'i-a'),
      commandParkingName('rollgate-payment-verify', 'i-a'),
      commandParkingName('rollgate-payment-install', 'i-b'),
      ...['payment', 'cart'].flatMap((service) =>
        ['d-1', 'd-2'].flatMap((id) => [
          lockParkingName(service, id),
          pauseParkingName(service, id),
          balancerParkingName(service, id, 'i-a'),
          balancerParkingName(service, id, 'i-b'),
        ]),
      ),
    ];

    expect(new Set(names).size).toBe(names.length);
  });
});

describe('all parked tasks', () => {
  test('are listed, of every service, and nothing else is', async () => {
    const cart = { ...ports, stage: { ...ports.stage, service: 'cart' } };
    await park(ports, name, command);
    await park(cart, lockParkingName('cart', 'd-2'), lock);
    await bench.bucket.put('rollgate/payment/state.json', '{}');

    const read = await Promise.all((await listParked(ports)).map((key) => readParked(ports, key)));

    expect(read.map((record) => record?.task.token).toSorted()).toEqual(['token-1', 'token-2']);
  });

  test('are none in an empty ledger', async () => {
    expect(await listParked(ports)).toEqual([]);
  });

  test('are read with the ETag that they were read with; one that is gone is none', async () => {
    await park(ports, name, command);
    const [key = ''] = await listParked(ports);
    const { etag } = present((await bench.bucket.read(key)) ?? null);

    expect(await readParked(ports, key)).toEqual({ key, etag, task: command });
    expect(await readParked(ports, 'rollgate/parked/gone.json')).toBeUndefined();
  });
});

describe('that the end of its command was told', () => {
  test('is noted on the task of that token, which else stays as it is', async () => {
    await park(ports, name, command);

    await markAnswered(ports, name, 'token-1', 'command-9');

    expect(await findParked(ports, name)).toEqual({ ...command, answeredCommandId: 'command-9' });
  });

  test('is not noted on a task that was parked over it before', async () => {
    await park(ports, name, newer);

    await markAnswered(ports, name, 'token-1', 'command-9');

    expect(await findParked(ports, name)).toEqual(newer);
  });

  test('is not noted on a task that is parked over it in the same moment', async () => {
    await park(ports, name, command);
    bench.faults.given('ledger.replace', { kind: 'intrude', intruder: () => park(others, name, newer) });

    await markAnswered(ports, name, 'token-1', 'command-9');

    expect(await findParked(ports, name)).toEqual(newer);
  });

  test('is noted where the conflict was with our own note', async () => {
    await park(ports, name, command);
    bench.faults.given('ledger.replace', { kind: 'repeat' });

    await markAnswered(ports, name, 'token-1', 'command-9');

    expect(await findParked(ports, name)).toEqual({ ...command, answeredCommandId: 'command-9' });
  });

  test('is not noted on a task that waits for no command', async () => {
    await park(ports, name, lock);

    await markAnswered(ports, name, lock.token, 'command-9');

    expect(await findParked(ports, name)).toEqual(lock);
  });

  test('is not noted where no task is parked any more, and parks none', async () => {
    await markAnswered(ports, name, 'token-1', 'command-9');

    expect(await listParked(ports)).toEqual([]);
  });
});

describe('a task that is over', () => {
  const parked = async (): Promise<ParkedRecord> => {
    const [key = ''] = await listParked(others);
    return present((await readParked(others, key)) ?? null);
  };

  test('is removed as it was read', async () => {
    await park(ports, name, command);

    await removeParked(ports, await parked());

    expect(await listParked(ports)).toEqual([]);
  });

  test('is not removed where another was parked over it since', async () => {
    await park(ports, name, command);
    const read = await parked();
    await park(others, name, newer);

    await removeParked(ports, read);

    expect(await findParked(ports, name)).toEqual(newer);
  });

  test('may be gone already', async () => {
    await park(ports, name, command);
    const read = await parked();
    await removeParked(others, read);

    await removeParked(ports, read);

    expect(await listParked(ports)).toEqual([]);
  });

  test('is unparked by its name, and others stay', async () => {
    await park(ports, name, command);
    await park(ports, lockParkingName('payment', 'd-2'), lock);

    await unpark(ports, name);
    await unpark(ports, name);

    expect(await findParked(ports, name)).toBeUndefined();
    expect(await findParked(ports, lockParkingName('payment', 'd-2'))).toEqual(lock);
  });
});
