import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createTargetGroup } from '../../../local/balancer/target-group.ts';
import { paymentInstances } from '../../../local/engine/stage.ts';
import { openFrontDoor } from '../../../local/start/front-door.ts';

/** A host that is a server of this machine, behind a balancer that calls it healthy. */
async function givenEngine() {
  const host = createServer((_, response) => void response.end('well'));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void host.close());
  const [instance] = paymentInstances;
  if (instance === undefined) throw new Error('the local stage has no host');
  const { port } = host.address() as AddressInfo;
  const registered = [{ instanceId: instance.instanceId, port }];
  const balancer = createTargetGroup({
    now: () => 0,
    probe: async () => ({ isOk: true }),
    drainMilliseconds: 1000,
    registered,
  });
  const entry = { instance, privateAddress: '127.0.0.1', isSimulated: false, state: () => 'running' as const };
  return { balancer, target: { entries: [entry] } };
}

test('a request at the front door reaches a booted host', async () => {
  const door = await openFrontDoor({ kind: 'nspawn', ...(await givenEngine()) });
  onTestFinished(async () => door?.close());

  const answer = await fetch(`${door?.url}/health`);

  expect([answer.status, await answer.text()]).toEqual([200, 'well']);
});

test('simulated hosts have no front door: nothing would answer behind it', async () => {
  expect(await openFrontDoor({ kind: 'simulated', ...(await givenEngine()) })).toBeUndefined();
});
