import type { HostMachine } from '../hosts/host-machine.ts';
import { deadline, until } from '../hosts/until.ts';
import { type Broker, brokerIsReady, brokerOf, brokerPort, importUsers, rabbitmqAddress } from './broker.ts';

export { ensureUpstreamsRoot } from './upstreams-root.ts';

/** Port of cart and user. */
export const shopPort = 8080;
const readySeconds = 60;

export interface ProvisionOptions {
  /** What the broker's user `roboshop` is to log in with. */
  readonly password: string;
  readonly signal?: AbortSignal;
}

/** What the payment service calls, for tests and people who look at it or break it. */
export interface Upstreams {
  readonly broker: Broker;
}

/**
 * Makes a booted host of ensureUpstreamsRoot the shop's upstreams: cart, user and RabbitMQ on its three addresses, in this
 * order. Resolves when all three answer and the broker knows its user; doing it again changes only the password.
 */
export async function provisionUpstreams(host: HostMachine, options: ProvisionOptions): Promise<Upstreams> {
  const [cart, user] = host.addresses;
  const configured = [
    { path: '/etc/default/shop', content: `CART_ADDRESS=${cart}\nUSER_ADDRESS=${user}\n`, units: ['cart', 'user'] },
    {
      path: '/etc/rabbitmq/rabbitmq.conf',
      content: `listeners.tcp.1 = ${rabbitmqAddress(host)}:${brokerPort}\n`,
      units: ['rabbitmq-server'],
    },
  ];
  for (const { path, content, units } of configured) {
    const found = await host.exec(['cat', path]);
    const isAsBefore = found.code === 0 && found.stdout === content;
    if (!isAsBefore) await host.writeFile(path, content, 0o644);
    // Their own conditions kept them from starting with the host where the file was not there.
    const started = await host.exec(['systemctl', isAsBefore ? 'start' : 'restart', ...units]);
    if (started.code !== 0)
      throw new Error(`${host.name}: ${units.join(', ')} did not start: ${started.stderr.trim()}`);
  }
  await brokerIsReady(host, readySeconds, options.signal);
  await importUsers(host, options.password);
  for (const address of [cart, user]) {
    await until(
      `http://${address}:${shopPort} answers`,
      async () =>
        (await host.exec(['curl', '--silent', '--fail', '--max-time', '2', `http://${address}:${shopPort}/health`]))
          .code === 0,
      deadline(readySeconds),
      50,
    );
  }
  return { broker: brokerOf(host) };
}
