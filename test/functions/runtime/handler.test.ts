import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { LockLostError } from '../../../core/model/errors.ts';
import { toHandler } from '../../../functions/runtime/handler.ts';
import { logTo } from '../../../functions/runtime/log.ts';
import { machineError } from '../../../functions/runtime/machine-error.ts';
import { givenPorts } from '../given-ports.ts';

const schema = z.object({ deploymentId: z.string(), secret: z.string() });
const event = { deploymentId: 'd-1', secret: 'hunter2', state: { round: 4, token: 'AQC' } };
let lines: Record<string, unknown>[] = [];

beforeEach(async () => {
  await givenPorts();
  lines = [];
  logTo((line) => void lines.push(JSON.parse(line) as Record<string, unknown>));
});

test('one line goes in and one out, with the ids and never the payload', async () => {
  const handler = toHandler('say', schema, async ({ secret }) => secret.length);

  expect(await handler(event)).toBe(7);

  expect(lines).toEqual([
    { level: 'info', function: 'say', at: 'in', deploymentId: 'd-1' },
    { level: 'info', function: 'say', at: 'out', deploymentId: 'd-1' },
  ]);
});

test('an error comes out as it was thrown: its name is what the machine catches', async () => {
  const error = new LockLostError('somebody else has it');
  const handler = toHandler('say', schema, async () => {
    throw error;
  });

  await expect(handler(event)).rejects.toBe(error);

  expect(lines.at(-1)).toEqual({
    level: 'error',
    function: 'say',
    at: 'error',
    deploymentId: 'd-1',
    error: 'LockLostError',
    message: 'somebody else has it',
  });
});

test('input of another shape is refused before anything runs', async () => {
  let hasRun = false;
  const handler = toHandler('say', schema, async () => {
    hasRun = true;
  });

  await expect(handler({ deploymentId: 4 })).rejects.toThrow(/deploymentId/);
  expect(hasRun).toBe(false);
});

test.each([
  [undefined, null],
  [{}, null],
  [{ Error: 'X' }, { name: 'X', cause: '' }],
  [
    { Error: 'X', Cause: 'plain' },
    { name: 'X', cause: 'plain' },
  ],
  [
    { Error: 'X', Cause: '{"errorMessage":"told"}' },
    { name: 'X', cause: 'told' },
  ],
  [
    { Error: 'X', Cause: '{"other":1}' },
    { name: 'X', cause: '{"other":1}' },
  ],
  [
    { Error: 'X', Cause: 'null' },
    { name: 'X', cause: 'null' },
  ],
])('what a Catch wrote, %j, is read as %j', (caught, expected) => {
  expect(machineError(caught)).toEqual(expected);
});
