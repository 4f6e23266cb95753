import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../samples/upstreams/upstreams.py');
const started: ChildProcess[] = [];
let cart: string;
let user: string;

beforeAll(async () => {
  [cart, user] = await Promise.all([start('cart'), start('user')]);
});

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

test.each([
  ['/check/alice', 200, { user: 'alice' }],
  ['/check/a%2Fb', 200, { user: 'a/b' }],
  ['/check/anonymous-17', 404, { error: 'user not found' }],
  ['/check/unknown', 404, { error: 'user not found' }],
  ['/check/', 404, { error: 'user not found' }],
  ['/cart/alice', 404, { error: 'no such path' }],
  ['/health', 200, { service: 'user' }],
])('the user service answers %s with %i', async (path, status, body) => {
  expect(await ask('GET', user + path)).toEqual({ status, body });
});

test('the cart service counts who deleted a cart, and fills it again', async () => {
  const before = await ask('GET', `${cart}/cart/alice`);

  expect(await ask('DELETE', `${cart}/cart/alice`)).toEqual({ status: 200, body: { deleted: 'alice' } });
  expect(await ask('DELETE', `${cart}/cart/alice`)).toEqual({ status: 200, body: { deleted: 'alice' } });

  expect(await ask('GET', `${cart}/deletions`)).toEqual({ status: 200, body: { alice: 2 } });
  expect(await ask('GET', `${cart}/cart/alice`)).toEqual(before);
  expect(before).toMatchObject({ status: 200, body: { total: 2005, items: [{ sku: 'HAL-1' }, { sku: 'SHIP' }] } });
});

test.each([
  ['DELETE', '/deletions'],
  ['POST', '/cart/alice'],
  ['GET', '/check/alice'],
  ['GET', '/cart/alice/more'],
])('the cart service has no %s %s', async (method, path) => {
  expect(await ask(method, cart + path)).toEqual({ status: 404, body: { error: 'no such path' } });
});

async function ask(method: string, url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, { method });
  return { status: response.status, body: await response.json() };
}

/** On a free port of the loopback; resolves to its address when the service says where it listens. */
function start(service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', [program, service, '127.0.0.1', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    started.push(child);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the ${service} service ended`)));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /:(\d+)\n$/.exec(said)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
  });
}
