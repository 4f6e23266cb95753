import { expect } from 'vitest';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const elsewhere = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/nobody/0123456789abcdef';

export function balancerContract(backEnd: BackEnd): void {
  contract('load balancer', backEnd, (contractTest) => {
    contractTest('a target group is found by its name and by its ARN', [], async ({ ports, makeTargetGroup }) => {
      const name = await makeTargetGroup();

      const group = await ports.balancer.targetGroup(name);

      expect(group).toEqual({
        arn: expect.stringMatching(/^arn:aws:elasticloadbalancing:[^:]+:\d{12}:targetgroup\//),
        name: expect.stringContaining(name),
        targetType: 'instance',
        isInUse: true,
      });
      expect(await ports.balancer.targetGroup(group?.arn ?? '')).toEqual(group);
    });

    contractTest('a group that is not there is told as such', [], async ({ ports }) => {
      const target = { instanceId: 'i-0123456789abcdef0', port: 8080 };

      expect(await ports.balancer.targetGroup('nobody')).toBeUndefined();
      expect(await ports.balancer.targets(elsewhere)).toBeUndefined();
      expect(await ports.balancer.register(elsewhere, target)).toMatchObject({ kind: 'refused', why: 'no-group' });
      expect(await ports.balancer.deregister(elsewhere, target)).toMatchObject({ kind: 'refused', why: 'no-group' });
    });

    contractTest('a host joins and leaves, and to say so twice changes nothing', [], async (bench) => {
      const { balancer } = bench.ports;
      const [instanceId = ''] = await bench.launch([{ tags: { Service: 'payment' } }]);
      const arn = (await balancer.targetGroup(await bench.makeTargetGroup()))?.arn ?? '';
      const target = { instanceId, port: 8080 };

      expect(await balancer.deregister(arn, target)).toEqual({ kind: 'done' });
      expect(await balancer.targets(arn)).toEqual([]);
      for (let time = 0; time < 2; time += 1) expect(await balancer.register(arn, target)).toEqual({ kind: 'done' });
      expect(await balancer.targets(arn)).toEqual([
        { ...target, state: expect.stringMatching(/^(initial|healthy)$/), ...notedReason },
      ]);
      for (let time = 0; time < 2; time += 1) expect(await balancer.deregister(arn, target)).toEqual({ kind: 'done' });
      expect((await balancer.targets(arn))?.filter(({ state }) => state !== 'draining')).toEqual([]);
    });

    contractTest('two ports of one instance are two targets', ['targetPorts'], async (bench) => {
      const { balancer } = bench.ports;
      const [instanceId = ''] = await bench.launch([{ tags: { Service: 'payment' } }]);
      const arn = (await balancer.targetGroup(await bench.makeTargetGroup()))?.arn ?? '';
      for (const port of [8080, 9090]) await balancer.register(arn, { instanceId, port });

      await balancer.deregister(arn, { instanceId, port: 8080 });

      const staying = (await balancer.targets(arn))?.filter(({ state }) => state !== 'draining');
      expect(staying?.map(({ port }) => port)).toEqual([9090]);
    });
  });
}

const text = expect.toSatisfy((value: unknown) => value === null || typeof value === 'string');
const notedReason = { reason: text, description: text };
