import { readFile } from 'node:fs/promises';
import { ensureBaseRoot, ensureLayer, type LayerHost, type Root, type RootOptions } from '../hosts/roots.ts';

const sources = new URL('../../samples/upstreams/', import.meta.url);

/** Where each file of samples/upstreams goes. */
const files: Readonly<Record<string, { readonly path: string; readonly mode: number }>> = {
  'upstreams.py': { path: '/usr/local/lib/shop/upstreams.py', mode: 0o755 },
  'orders.py': { path: '/usr/local/lib/shop/orders.py', mode: 0o755 },
  'cart.service': { path: '/etc/systemd/system/cart.service', mode: 0o644 },
  'user.service': { path: '/etc/systemd/system/user.service', mode: 0o644 },
  'rabbitmq.service.conf': { path: '/etc/systemd/system/rabbitmq-server.service.d/shop.conf', mode: 0o644 },
  'rabbitmq-env.conf': { path: '/etc/rabbitmq/rabbitmq-env.conf', mode: 0o644 },
};

const packages = ['rabbitmq-server', 'python3-pika'];

/**
 * RabbitMQ reads and scans every plugin on disk at each start, in use or not: without them it is ready in 3 s instead of
 * 6 s. What stays is the broker itself.
 */
const brokerParts = [
  'amqp10_common',
  'aten',
  'credentials_obfuscation',
  'cuttlefish',
  'enough',
  'gen_batch_server',
  'jsx',
  'observer_cli',
  'osiris',
  'ra',
  'rabbit',
  'rabbit_common',
  'rabbitmq_prelaunch',
  'ranch',
  'recon',
  'seshat',
  'stdout_formatter',
  'syslog',
  'sysmon_handler',
  'systemd',
];

const dropPlugins = `
set -eu
cd /usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins
for plugin in *-[0-9]*; do
  case " ${brokerParts.join(' ')} " in
    *" \${plugin%-*} "*) ;;
    *) rm -r "./$plugin" ;;
  esac
done
`;

/** The file system of the host that carries cart, user and RabbitMQ: made once, about 20 s. */
export async function ensureUpstreamsRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const parent = await ensureBaseRoot(rootsDir, options);
  const contents = await Promise.all(
    Object.entries(files).map(async ([name, place]) => ({
      ...place,
      content: await readFile(new URL(name, sources), 'utf8'),
    })),
  );
  const build = async (host: LayerHost) => {
    for (const file of contents) await host.writeFile(file.path, file.content, file.mode);
    await host.run(['apt-get', 'update']);
    const keepOurs = ['-o', 'Dpkg::Options::=--force-confold'];
    await host.run(['apt-get', 'install', '--yes', '--no-install-recommends', ...keepOurs, ...packages]);
    await host.run(['sh', '-c', 'apt-get clean; rm -rf /var/lib/apt/lists/*']);
    await host.run(['sh', '-c', dropPlugins]);
    await host.run(['systemctl', 'enable', 'cart.service', 'user.service', 'rabbitmq-server.service']);
    // A port for everybody that only this node's own start needs: rabbitmq-server starts its own.
    await host.run(['systemctl', 'mask', 'epmd.socket', 'epmd.service']);
  };
  const recipe = JSON.stringify({ packages, dropPlugins, contents });
  return ensureLayer(rootsDir, { name: 'upstreams', recipe, parent, build }, options);
}
