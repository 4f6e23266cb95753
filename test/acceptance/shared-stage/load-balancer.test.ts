import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSteps } from '../../../ledger/rollout/host-steps.ts';
import { type BalancerProxy, startProxy } from '../../../local/balancer/proxy.ts';
import { type LocalStage, until, whyNoHostTests } from '../local-stage.ts';
import { shortGate } from '../prepared-stage.ts';
import { useSharedStage } from './shared-stage.ts';

const why = await whyNoHostTests();

const behindBalancer = (yaml: string): string =>
  `${shortGate(yaml)}\nloadBalancer: { targetGroup: "payment-{stage}", drainSeconds: 60, healthySeconds: 60 }\n`;

/** A client that asks all the time, each request on a connection of its own. */
function clientOf(url: string): { stop(): Promise<{ readonly asked: number; readonly failed: readonly string[] }> } {
  const answers: Promise<string>[] = [];
  const ask = async (): Promise<string> => {
    try {
      const response = await fetch(`${url}/health`, { headers: { connection: 'close' } });
      return response.status === 200 ? '' : `${response.status} ${await response.text()}`;
    } catch (error) {
      return String(error);
    }
  };
  const timer = setInterval(() => answers.push(ask()), 50);
  return {
    async stop() {
      clearInterval(timer);
      const all = await Promise.all(answers);
      return { asked: all.length, failed: all.filter((answer) => answer !== '') };
    },
  };
}

/** Three hosts behind a simulated load balancer that really asks them and really passes requests on. */
describe.runIf(why === undefined)('three systemd hosts behind a load balancer', () => {
  const shared = useSharedStage();
  const stage = (): LocalStage => shared.get().stage;
  let proxy: BalancerProxy;
  const inGroup = (): readonly string[] =>
    stage()
      .engine.balancer.targets()
      .map(({ instanceId, state }) => `${instanceId.slice(-1)} ${state}`)
      .sort();
  const allWell = ['1 healthy', '2 healthy', '3 healthy'];
  const untilAllWell = (): Promise<void> =>
    until(async () => isDeepStrictEqual(inGroup(), allWell), 'three healthy targets');

  beforeAll(async () => {
    proxy = await startProxy({
      group: stage().engine.balancer,
      addressOf: (instanceId) => stage().hosts.find((host) => host.instanceId === instanceId)?.addresses[0],
    });
    await untilAllWell();
  });
  afterAll(async () => {
    await proxy?.close();
  });

  it('without the section a client sees requests fail while a release rolls out', async () => {
    const client = clientOf(proxy.url);

    const { outcome } = await stage().run({ release: 'v1' });

    const { failed } = await client.stop();
    expect(outcome.status).toBe('Succeeded');
    expect(failed.length).toBeGreaterThan(0);
    await untilAllWell();
  });

  it('with it the client sees none fail, over all three hosts', async () => {
    await stage().publish(behindBalancer);
    const client = clientOf(proxy.url);

    const { outcome, deploymentId } = await stage().run({ release: 'v2' });

    await pause(500);
    const { asked, failed } = await client.stop();
    expect(outcome.status).toBe('Succeeded');
    expect(asked).toBeGreaterThan(500);
    expect(failed).toEqual([]);
    expect(inGroup()).toEqual(allWell);
    const steps = await readSteps(stage().engine.ports, deploymentId);
    const moves = steps.filter(({ intent }) => intent.action === 'drain' || intent.action === 'join');
    expect(moves.map(({ outcome: ended }) => ended?.status)).toEqual(Array(6).fill('done'));
  });

  it('nor while a version fails on its first host and is put back', async () => {
    const client = clientOf(proxy.url);

    const { outcome } = await stage().deploy('exits-at-start');

    await pause(500);
    const { asked, failed } = await client.stop();
    expect(outcome.status).toBe('RolledBack');
    expect(asked).toBeGreaterThan(100);
    expect(failed).toEqual([]);
    expect(inGroup()).toEqual(allWell);
  });
});
