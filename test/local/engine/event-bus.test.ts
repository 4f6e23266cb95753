import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEventBus, type EventBus } from '../../../local/engine/event-bus.ts';
import { eventFunctions } from '../../../local/engine/functions.ts';

vi.mock('../../../local/engine/functions.ts', () => ({ eventFunctions: { SweepLocks: vi.fn() } }));

const handler = vi.mocked(eventFunctions.SweepLocks);
let directory: string;
let waited: number[];
let said: string[];
let bus: EventBus;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollgate-bus-'));
  waited = [];
  said = [];
  handler.mockReset().mockResolvedValue(undefined);
  bus = createEventBus({
    clock: { wait: async (milliseconds) => void waited.push(milliseconds) },
    deadLetters: join(directory, 'dead-letters'),
    log: (line) => void said.push(line),
  });
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test('an event reaches its function, and what fails once is tried again after a second', async () => {
  handler.mockRejectedValueOnce(new Error('throttled'));

  bus.deliver('SweepLocks', { five: 'minutes' });
  await bus.idle();

  expect(handler.mock.calls).toEqual([[{ five: 'minutes' }], [{ five: 'minutes' }]]);
  expect(waited).toEqual([1_000]);
  expect(said).toEqual([]);
});

test('an event that fails three times is kept as a dead letter, and it is said', async () => {
  handler.mockRejectedValue(new TypeError('a bug'));

  bus.deliver('SweepLocks', { five: 'minutes' });
  await bus.idle();

  const [name = ''] = await readdir(join(directory, 'dead-letters'));
  expect(JSON.parse(await readFile(join(directory, 'dead-letters', name), 'utf8'))).toEqual({
    function: 'SweepLocks',
    error: 'TypeError: a bug',
    event: { five: 'minutes' },
  });
  expect(waited).toEqual([1_000, 2_000]);
  expect(said).toEqual([`SweepLocks failed three times (TypeError: a bug); the event is kept as ${name}`]);
});

test('closed while it waits to try again, it does not try again', async () => {
  handler.mockRejectedValue(new Error('throttled'));
  const clock = {
    wait: async () => {
      closing.close();
    },
  };
  const closing = createEventBus({ clock, deadLetters: directory, log: (line) => void said.push(line) });

  closing.deliver('SweepLocks', {});
  await closing.idle();

  expect(handler).toHaveBeenCalledTimes(1);
  expect(said).toEqual([]);
});

test('closed, it delivers nothing more, and who waits for it waits for what is at work', async () => {
  const atWork = Promise.withResolvers<void>();
  handler.mockReturnValueOnce(atWork.promise);
  bus.deliver('SweepLocks', 'first');
  bus.close();

  bus.deliver('SweepLocks', 'second');
  let isIdle = false;
  const idle = bus.idle().then(() => {
    isIdle = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIdle).toBe(false);
  atWork.reject(new Error('cut short'));
  await idle;

  expect(handler.mock.calls).toEqual([['first']]);
  expect([waited, said]).toEqual([[], []]);
});
