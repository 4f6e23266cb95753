import { expect } from 'vitest';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const wanted = { Service: 'payment', Stage: 'prod' };

export function inventoryContract(backEnd: BackEnd): void {
  contract('inventory', backEnd, (contractTest) => {
    contractTest('the hosts are the instances that carry all the tags', [], async ({ ports, launch }) => {
      const [found] = await launch([
        { tags: { ...wanted, Name: 'payment-1' } },
        { tags: { Service: 'payment', Stage: 'dev' } },
        { tags: { Service: 'payment' } },
        { tags: { Service: 'payment-old', Stage: 'prod' } },
        { tags: { service: 'payment', Stage: 'prod' } },
        { tags: {} },
      ]);

      const hosts = await ports.inventory.hosts(wanted);

      expect(hosts).toEqual([
        {
          instanceId: found,
          name: 'payment-1',
          zone: `${ports.stage.region}a`,
          privateAddress: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
          tags: { ...wanted, Name: 'payment-1' },
          state: 'running',
          ping: expect.stringMatching(/^(Online|absent)$/),
          isSimulated: hosts[0]?.isSimulated,
        },
      ]);
      expect(await ports.inventory.hosts({ Service: 'cart' })).toEqual([]);
    });

    contractTest('a tag may have any character that AWS allows', [], async ({ ports, launch }) => {
      const value = 'a b.c:d/e=f+g-h@i_j ü';
      const [found] = await launch([{ tags: { 'k.e_y/1:2': value } }, { tags: { 'k.e_y/1:2': 'a b.c' } }]);

      const hosts = await ports.inventory.hosts({ 'k.e_y/1:2': value });

      expect(hosts.map((host) => host.instanceId)).toEqual([found]);
    });

    contractTest('a wildcard in a tag is a character as others are', ['literalTags'], async ({ ports, launch }) => {
      const [found] = await launch([{ tags: { Build: 'a*b?c\\d' } }, { tags: { Build: 'a-b-c\\d' } }]);

      const hosts = await ports.inventory.hosts({ Build: 'a*b?c\\d' });

      expect(hosts.map((host) => host.instanceId)).toEqual([found]);
    });

    contractTest('without a Name tag the id is the name', [], async ({ ports, launch }) => {
      const [id] = await launch([{ tags: wanted }]);

      expect((await ports.inventory.hosts(wanted)).map((host) => host.name)).toEqual([id]);
    });

    contractTest('hosts come sorted by zone, then by id', ['instanceZones'], async ({ ports, launch }) => {
      const zones = ['c', 'a', 'b', 'a', 'c', 'b'];
      const ids = await launch(zones.map((zone) => ({ tags: wanted, zone })));

      const sorted = ids
        .map((id, index) => `${ports.stage.region}${zones[index]} ${id}`)
        .sort((one, other) => (one < other ? -1 : 1));
      const hosts = await ports.inventory.hosts(wanted);
      expect(hosts.map((host) => `${host.zone} ${host.instanceId}`)).toEqual(sorted);
    });

    contractTest('a stopped instance is a host that is stopped', [], async ({ ports, launch, stopInstance }) => {
      const [id = ''] = await launch([{ tags: wanted }]);
      await stopInstance(id);

      const hosts = await ports.inventory.hosts(wanted);

      expect(hosts.map((host) => host.instanceId)).toEqual([id]);
      expect(hosts[0]?.state).toMatch(/^stopp(ing|ed)$/);
      expect(hosts[0]?.ping).not.toBe('Online');
    });

    contractTest('one instance is asked how it is', [], async ({ ports, launch, stopInstance }) => {
      const [up = '', stopped = ''] = await launch([{ tags: wanted }, { tags: {} }]);
      await stopInstance(stopped);

      expect(await ports.inventory.stateOf(up)).toBe('running');
      expect(await ports.inventory.stateOf(stopped)).toMatch(/^stopp(ing|ed)$/);
      expect(await ports.inventory.stateOf('i-0123456789abcdef0')).toBe('terminated');
    });

    contractTest('a terminated instance is no host', ['terminatedInstances'], async (bench) => {
      const [kept, ended = ''] = await bench.launch([{ tags: wanted }, { tags: wanted }]);
      await bench.terminateInstance(ended);

      expect((await bench.ports.inventory.hosts(wanted)).map((host) => host.instanceId)).toEqual([kept]);
    });

    contractTest('an instance whose agent answers is online', ['instancePing'], async ({ ports, launch }) => {
      await launch([{ tags: wanted }]);

      expect((await ports.inventory.hosts(wanted)).map((host) => host.ping)).toEqual(['Online']);
    });

    contractTest('finds more instances than one page holds', ['instancePages'], async (bench) => {
      const ids = await bench.launch(
        Array.from({ length: 12 }, (_, number) => ({ tags: { ...wanted, Number: String(number) } })),
      );
      const { ports, pages } = await bench.portsWithSmallPages();

      const hosts = await ports.inventory.hosts(wanted);

      expect(hosts.map((host) => host.instanceId)).toEqual(ids.toSorted());
      expect(pages()).toBe(3);
    });
  });
}
