import { ensureBaseRoot, ensurePackageLayer, type Root, type RootOptions } from './roots.ts';

/** What compiling uWSGI takes: hosts on this root install no OS package in their first deployment, which is quick. */
const buildPackages = ['gcc', 'libc6-dev', 'python3-dev', 'python3-venv', 'python3-pip'];

/** The base with everything that the payment service's installation would add to it: for tests. */
export async function ensureWarmRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const parent = await ensureBaseRoot(rootsDir, options);
  return ensurePackageLayer(rootsDir, { name: 'warm', packages: buildPackages, parent }, options);
}

/** The host of the upstreams: RabbitMQ as Debian ships it. */
export async function ensureUpstreamsRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const parent = await ensureBaseRoot(rootsDir, options);
  return ensurePackageLayer(rootsDir, { name: 'upstreams', packages: ['rabbitmq-server'], parent }, options);
}
