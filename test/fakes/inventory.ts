import type { Host, Inventory } from '../../clients/ports.ts';

/** EC2 in memory: these hosts, as they are when it is asked. */
export function createFakeInventory(hosts: () => readonly Host[]): Inventory {
  return {
    hosts: async (tags) =>
      hosts().filter((host) => Object.entries(tags).every(([key, value]) => host.tags[key] === value)),
    stateOf: async (instanceId) => hosts().find((host) => host.instanceId === instanceId)?.state ?? 'terminated',
  };
}
