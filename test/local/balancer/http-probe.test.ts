import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpProbe } from '../../../local/balancer/http-probe.ts';

/** A service on this machine that answers so; 0 never answers. */
async function givenService(status: number): Promise<number> {
  const server = createServer((_, response) => {
    if (status !== 0) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const probe = createHttpProbe({
  addressOf: (instanceId) => (instanceId === 'i-1' ? '127.0.0.1' : undefined),
  path: '/health',
  timeoutMilliseconds: 200,
});

test.each([
  [200, { isOk: true }],
  [
    500,
    { isOk: false, reason: 'Target.ResponseCodeMismatch', description: 'Health checks failed with these codes: [500]' },
  ],
  [0, { isOk: false, reason: 'Target.Timeout', description: 'Request timed out' }],
])('a host that answers %d is told as ELB tells it', async (status, answer) => {
  expect(await probe({ instanceId: 'i-1', port: await givenService(status) })).toEqual(answer);
});

test('a port where nobody listens, and an instance that nobody knows, fail the check', async () => {
  const failed = { isOk: false, reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };

  expect(await probe({ instanceId: 'i-1', port: 1 })).toEqual(failed);
  expect(await probe({ instanceId: 'i-9', port: 1 })).toEqual(failed);
});
