import type { Host, Inventory } from '../../clients/ports.ts';
import type { LocalInstance } from './stage.ts';

/** An instance of the local stage with how it is now. */
export interface InventoryEntry {
  readonly instance: LocalInstance;
  readonly privateAddress: string;
  readonly isSimulated: boolean;
  state(): Host['state'];
  ping(): Host['ping'];
}

/** The local hosts as EC2 instances. */
export function createInventory(entries: readonly InventoryEntry[]): Inventory {
  return {
    async hosts(tags) {
      const wanted = Object.entries(tags);
      return entries
        .filter(({ instance }) => wanted.every(([key, value]) => instance.tags[key] === value))
        .map(hostOf)
        .sort((a, b) => (`${a.zone} ${a.instanceId}` < `${b.zone} ${b.instanceId}` ? -1 : 1));
    },
    async stateOf(instanceId) {
      return entries.find(({ instance }) => instance.instanceId === instanceId)?.state() ?? 'terminated';
    },
  };
}

function hostOf(entry: InventoryEntry): Host {
  const { instanceId, name, zone, tags } = entry.instance;
  return {
    instanceId,
    name,
    zone,
    privateAddress: entry.privateAddress,
    tags,
    state: entry.state(),
    ping: entry.ping(),
    isSimulated: entry.isSimulated,
  };
}
