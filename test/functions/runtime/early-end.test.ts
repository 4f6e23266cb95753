import type { Context } from 'aws-lambda';
import { beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { callSignal } from '../../../functions/runtime/call-signal.ts';
import { toHandler } from '../../../functions/runtime/handler.ts';
import { logTo } from '../../../functions/runtime/log.ts';
import { givenPorts } from '../given-ports.ts';

let lines: string[] = [];

beforeEach(async () => {
  await givenPorts();
  lines = [];
  logTo((line) => void lines.push(line));
});

/** A Lambda's context of which only the clock counts. */
const withTimeLeft = (milliseconds: number): Context =>
  ({ getRemainingTimeInMillis: () => milliseconds }) as unknown as Context;

/** Work that goes on until its signal says otherwise, as a call to AWS does. */
const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });

test('a function ends a second before Lambda would kill it, under a name that the machine retries', async () => {
  let seen: AbortSignal | undefined;
  const handler = toHandler('slow', z.unknown(), () => {
    seen = callSignal();
    return untilAborted(seen);
  });

  await expect(handler({ deploymentId: 'd-1' }, withTimeLeft(1020))).rejects.toMatchObject({
    name: 'TransientAwsError',
    message:
      'slow did not end within the time of its function; what it had asked of AWS may have happened, and trying again is safe',
  });

  expect(seen?.aborted).toBe(true);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    at: 'error',
    deploymentId: 'd-1',
    error: 'TransientAwsError',
  });
});

test('work that an early end left behind can ask for nothing more, while the next invocation can', async () => {
  let goOn: () => void = () => undefined;
  const thawed = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let leftBehind: AbortSignal | undefined;
  const slow = toHandler('slow', z.unknown(), async () => {
    await thawed;
    leftBehind = callSignal();
  });
  await expect(slow({}, withTimeLeft(1010))).rejects.toMatchObject({ name: 'TransientAwsError' });

  const next = toHandler('next', z.unknown(), async () => {
    goOn();
    await thawed;
    await expect.poll(() => leftBehind).toBeDefined();
    return callSignal()?.aborted;
  });

  expect(await next({}, withTimeLeft(60_000))).toBe(false);
  expect(leftBehind?.aborted).toBe(true);
});

test('a function that ends in time is not ended, and neither is one without a Lambda around it', async () => {
  const handler = toHandler('quick', z.unknown(), async () => callSignal()?.aborted);

  expect(await handler({}, withTimeLeft(60_000))).toBe(false);
  expect(await handler({})).toBe(false);
  expect(callSignal()).toBeUndefined();
});
