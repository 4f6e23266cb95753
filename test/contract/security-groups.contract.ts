import { expect } from 'vitest';
import { judgeIngress } from '../../core/network/judge-ingress.ts';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const payment = { Service: 'payment', Name: 'payment' };
const cart = { Service: 'cart', Name: 'cart' };

export function securityGroupsContract(backEnd: BackEnd): void {
  contract('security groups', backEnd, (contractTest) => {
    contractTest('both ends of a connection are told by instance and by address', ['securityGroups'], async (bench) => {
      const { ports } = bench;
      const [host = ''] = await bench.launch([{ tags: payment }, { tags: cart }]);
      const [upstream] = await ports.inventory.hosts({ Service: 'cart' });
      const [caller] = await ports.inventory.hosts({ Service: 'payment' });
      const address = upstream?.privateAddress ?? '';

      const { here, there } = await ports.securityGroups.ends(host, address);

      expect(here.map((each) => each.addresses[0])).toEqual([caller?.privateAddress]);
      expect(there.map((each) => each.addresses[0])).toEqual([address]);
      expect([...here, ...there].map((each) => each.deviceIndex)).toEqual([0, 0]);
      for (const { groups } of [...here, ...there]) {
        expect(groups.map((group) => group.groupId)).toEqual([expect.stringMatching(/^sg-/)]);
        expect(groups.flatMap((group) => group.rules).some((rule) => rule.isEgress)).toBe(true);
      }
      expect(judgeIngress({ ends: { here, there }, address, port: 8080 }).kind).toMatch(/^(?:open|ingress-missing)$/);
    });

    contractTest('an address that nobody has is at no end', [], async ({ ports, launch }) => {
      const [host = ''] = await launch([{ tags: payment }]);

      expect((await ports.securityGroups.ends(host, '203.0.113.7')).there).toEqual([]);
      expect((await ports.securityGroups.ends('i-00000000000000bad', '203.0.113.7')).here).toEqual([]);
    });
  });
}
