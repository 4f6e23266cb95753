import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type BalancerProxy, startProxy } from '../../../local/balancer/proxy.ts';
import { createTargetGroup, type LocalTargetGroup } from '../../../local/balancer/target-group.ts';

/** One target whose answers the test gives. */
async function given(): Promise<{
  readonly group: LocalTargetGroup;
  readonly proxy: BalancerProxy;
  readonly arrived: () => Promise<ServerResponse>;
  readonly target: { readonly instanceId: string; readonly port: number };
  readonly stopService: () => void;
}> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const responses: ServerResponse[] = [];
  const service = createServer((_, response) => {
    const waiter = waiting.shift();
    if (waiter === undefined) responses.push(response);
    else waiter(response);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const target = { instanceId: 'i-1', port: (service.address() as AddressInfo).port };
  const group = createTargetGroup({
    now: () => 0,
    probe: async () => ({ isOk: true }),
    drainMilliseconds: 30_000,
    registered: [target],
  });
  const proxy = await startProxy({ group, addressOf: () => '127.0.0.1' });
  const stopService = (): void => {
    service.closeAllConnections();
    service.close();
  };
  onTestFinished(async () => {
    await proxy.close();
    stopService();
  });
  return {
    group,
    proxy,
    target,
    stopService,
    arrived: () =>
      new Promise((resolve) => {
        const response = responses.shift();
        if (response === undefined) waiting.push(resolve);
        else resolve(response);
      }),
  };
}

test('a request under way is answered while its target leaves, and the target is gone only then', async () => {
  const { group, proxy, arrived, target } = await given();
  const asked = fetch(`${proxy.url}/payments`);
  const response = await arrived();

  group.deregister(target);
  const whileUnderWay = group.targets().map(({ state }) => state);
  response.writeHead(201).end('paid');
  const answer = await asked;
  await expect.poll(() => group.targets()).toEqual([]);

  expect([whileUnderWay, answer.status, await answer.text()]).toEqual([['draining'], 201, 'paid']);
  const next = await fetch(proxy.url);
  expect([next.status, await next.text()]).toEqual([503, 'simulated load balancer: no target\n']);
});

test("what its target does not answer is the client's to see", async () => {
  const { proxy, stopService } = await given();
  stopService();

  expect((await fetch(proxy.url)).status).toBe(502);
});
