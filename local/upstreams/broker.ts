import { randomBytes } from 'node:crypto';
import type { ExecResult, HostMachine } from '../hosts/host-machine.ts';
import { deadline, until } from '../hosts/until.ts';
import { type BrokerPermissions, definitionsOf } from './broker-definitions.ts';

const brokerUser = 'roboshop';
export const brokerPort = 5672;
const vhost = '/';

const everything: BrokerPermissions = { configure: '.*', write: '.*', read: '.*' };

/** Reads queues for tests and people; never the service's user, whose rights are what is tested. */
const observer = { name: 'observer', permissions: { configure: '^$', write: '^$', read: '.*' } };
const observerFile = '/etc/shop/observer';

const commandSeconds = 60;

/** RabbitMQ on the host of the upstreams. Passwords go to it over stdin, never as an argument. */
export interface Broker {
  /** Messages in a queue, 0 where nobody has declared it. */
  queueDepth(queue: string): Promise<number>;
  /** The messages of a queue, oldest first; they stay in it. */
  messages(queue: string): Promise<readonly unknown[]>;
  /** Throws the messages of a queue away. */
  purge(queue: string): Promise<void>;
  /** Makes the service's user where there is none, with this password and all permissions. */
  setPassword(password: string): Promise<void>;
  /** The user can log in, and is refused on the virtual host; setPermissions gives them back. */
  clearPermissions(): Promise<void>;
  /** All permissions where nothing is said. */
  setPermissions(permissions?: BrokerPermissions): Promise<void>;
  removeUser(): Promise<void>;
  /** Connections are closed and new ones refused; queues and users are kept. */
  stopBroker(): Promise<void>;
  /** Resolves when connections are taken again. */
  startBroker(): Promise<void>;
}

/** `host` is the one that provisionUpstreams was given. */
export function brokerOf(host: HostMachine): Broker {
  const address = rabbitmqAddress(host);
  const control = (...args: readonly string[]) => controlBroker(host, args);
  return {
    queueDepth: async (queue) => {
      const listed = await control('list_queues', '--formatter=json', 'name', 'messages');
      return depthIn(listed.stdout, queue);
    },
    messages: async (queue) => {
      const password = await observerPassword(host);
      const argv = ['python3', '/usr/local/lib/shop/orders.py', address, observer.name, queue];
      const read = await succeeded(host, argv, { stdin: `${password}\n` });
      return read.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line));
    },
    purge: async (queue) => {
      if (depthIn((await control('list_queues', '--formatter=json', 'name', 'messages')).stdout, queue) === 0) return;
      await control('purge_queue', queue);
    },
    setPassword: (password) => importUsers(host, password),
    clearPermissions: async () => {
      await control('clear_permissions', '-p', vhost, brokerUser);
    },
    setPermissions: async (permissions = everything) => {
      const { configure, write, read } = permissions;
      await control('set_permissions', '-p', vhost, brokerUser, configure, write, read);
    },
    removeUser: async () => {
      await control('delete_user', brokerUser);
    },
    stopBroker: async () => {
      await control('stop_app');
    },
    startBroker: async () => {
      await succeeded(host, ['systemctl', 'start', 'rabbitmq-server']);
      await control('start_app');
      await brokerIsReady(host, commandSeconds);
    },
  };
}

/** Waits until the broker takes connections, which it does last in its start. */
export async function brokerIsReady(host: HostMachine, seconds: number, signal?: AbortSignal): Promise<void> {
  const address = rabbitmqAddress(host);
  const connect = ['bash', '-c', 'exec 3<>"/dev/tcp/$0/$1"', address, String(brokerPort)];
  const end = deadline(seconds);
  const state = `RabbitMQ takes connections on ${address}:${brokerPort}`;
  try {
    await until(
      state,
      async () => {
        signal?.throwIfAborted();
        return (await host.exec(connect, { timeoutSeconds: 5 })).code === 0;
      },
      end,
      50,
    );
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const log = await host.exec([
      'sh',
      '-c',
      'systemctl status --lines=0 rabbitmq-server; tail --lines=20 /var/log/rabbitmq/rabbitmq-server.log',
    ]);
    throw new Error(`waited ${seconds} s in vain until ${state}\n${log.stdout.trim()}`, { cause: error });
  }
}

/** The service's user with this password, and the observer: one call, since each starts an Erlang of its own. */
export async function importUsers(host: HostMachine, password: string): Promise<void> {
  if (password === '') throw new RangeError('an empty password would lock the service out of RabbitMQ');
  const users = [
    { name: brokerUser, password, permissions: everything },
    { ...observer, password: await observerPassword(host) },
  ];
  await controlBroker(host, ['import_definitions', '--format=json'], definitionsOf(users, vhost, randomBytes(4)));
}

export function rabbitmqAddress(host: HostMachine): string {
  const address = host.addresses[2];
  if (address === undefined) throw new RangeError(`${host.name} needs three addresses: cart, user and RabbitMQ`);
  return address;
}

/** Of `rabbitmqctl list_queues --formatter=json name messages`. */
function depthIn(listed: string, queue: string): number {
  const queues: unknown = JSON.parse(listed);
  if (!Array.isArray(queues)) throw new Error(`rabbitmqctl list_queues answered ${listed.slice(0, 200)}`);
  const found = queues.find((each: { readonly name?: unknown }) => each.name === queue) as
    | { messages?: unknown }
    | undefined;
  return typeof found?.messages === 'number' ? found.messages : 0;
}

async function controlBroker(host: HostMachine, args: readonly string[], stdin = ''): Promise<ExecResult> {
  return succeeded(host, ['rabbitmqctl', '--quiet', ...args], { stdin });
}

async function succeeded(
  host: HostMachine,
  argv: readonly string[],
  options: { readonly stdin?: string } = {},
): Promise<ExecResult> {
  // rabbitmqctl finds the cookie of its node through HOME.
  const env = { HOME: '/var/lib/rabbitmq', LC_ALL: 'C.UTF-8' };
  const result = await host.exec(argv, { ...options, env, timeoutSeconds: commandSeconds });
  if (result.code === 0) return result;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-10).join('\n');
  throw new Error(`${host.name}: ${argv.join(' ')}: ${result.signal ?? `exit ${result.code}`}\n${said}`);
}

/** Made once per host and kept on it, for root alone. */
async function observerPassword(host: HostMachine): Promise<string> {
  const found = await host.exec(['cat', observerFile]);
  if (found.code === 0 && found.stdout.trim() !== '') return found.stdout.trim();
  const password = randomBytes(18).toString('base64url');
  await host.writeFile(observerFile, `${password}\n`, 0o600);
  return password;
}
