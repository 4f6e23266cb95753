import { expect, test } from 'vitest';
import { createWorld } from '../fakes/world.ts';

const loadBalancer = { targetGroup: 'payment-{stage}', drainSeconds: 60, healthySeconds: 60 };

/** The first death is at this call, and the next so many calls later: another set of places whenever the code changes. */
const stride = 13;

test('a process that dies between two calls, wherever that is, leaves no host outside its load balancer', async () => {
  for (let calls = 5; ; calls += stride) {
    const world = await createWorld({ hosts: 'ab', loadBalancer });
    await world.givenStable(1);
    await world.givenUpload(2);
    let hasDied = false;
    await world.start();
    world.whenCalled(calls, () => {
      hasDied = true;
      world.kill();
    });
    await world.rest();
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await world.pass(300);
      await world.sweep();
      await world.rest();
    }

    expect(world.inGroup(), `after ${calls} calls`).toEqual(['a healthy', 'b healthy']);
    expect(await world.state()).toMatchObject({ lock: null, queue: [] });
    expect(new Set(world.target.running().map((line) => line.split(' ')[1])).size).toBe(1);
    await world.close();
    if (!hasDied) break;
  }
});
