/** Opens a fleet, boots one host, says so, and waits to be killed. */
import { openFleet } from '../../local/hosts/fleet.ts';
import { ensureBaseRoot } from '../../local/hosts/roots.ts';

const [stateDir = '', rootsDir = ''] = process.argv.slice(2);
const root = await ensureBaseRoot(rootsDir);
const fleet = await openFleet(stateDir);
const addresses = [`${fleet.network.prefix}11`];
await fleet.startHosts([{ name: 'lost', instanceId: 'i-lost', root, addresses, zone: 'eu-west-1a', tags: {} }]);
process.stdout.write('up\n');
setInterval(() => undefined, 60_000);
