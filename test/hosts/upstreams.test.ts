import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import { ensureUpstreamsRoot, provisionUpstreams, type Upstreams } from '../../local/upstreams/provision-upstreams.ts';
import { givenFleet, rootsDir, type TestFleet, whyNoHosts } from './host-fixture.ts';

const password = 'a "quoted" $word/with+odd=letters';

let reason: string | undefined;
let kit: TestFleet;
let host: SystemdHost;
let upstreams: Upstreams;

beforeAll(async () => {
  reason = await whyNoHosts();
  if (reason !== undefined) return;
  const root = await ensureUpstreamsRoot(rootsDir);
  kit = await givenFleet();
  const addresses = [21, 22, 23].map((octet) => `${kit.fleet.network.prefix}${octet}`);
  const spec = { name: 'upstreams', instanceId: 'i-0000000000000b000', zone: 'eu-west-1a', tags: {}, root, addresses };
  const [started] = await kit.fleet.startHosts([spec]);
  if (started === undefined) throw new Error('a host was asked for');
  host = started;
  upstreams = await provisionUpstreams(host, { password });
});

afterAll(async () => {
  await kit?.remove();
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
});

test('cart, user and RabbitMQ listen on their own address, and on no other', async () => {
  const listening = await shell(`python3 - <<'END'
import socket
for octet in (21, 22, 23):
    for port in (4369, 5672, 8080):
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("${kit.fleet.network.prefix}%d" % octet, port)) == 0:
                print(octet, port)
END`);

  expect(listening).toBe('21 8080\n22 8080\n23 5672');
  expect(await shell(`curl -s http://${host.addresses[0]}:8080/health`)).toBe('{"service": "cart"}');
  expect(await shell(`curl -s http://${host.addresses[1]}:8080/health`)).toBe('{"service": "user"}');
});

test('orders are counted and read without taking them, and purged', async () => {
  expect(await upstreams.broker.queueDepth('orders')).toBe(0);
  expect(await upstreams.broker.messages('orders')).toEqual([]);

  expect(await publish({ orderid: 'one' })).toBe('published');
  expect(await publish({ orderid: 'two' })).toBe('published');

  expect(await upstreams.broker.queueDepth('orders')).toBe(2);
  expect(await upstreams.broker.messages('orders')).toEqual([{ orderid: 'one' }, { orderid: 'two' }]);
  expect(await upstreams.broker.messages('orders')).toEqual([{ orderid: 'one' }, { orderid: 'two' }]);
  await upstreams.broker.purge('orders');
  expect(await upstreams.broker.queueDepth('orders')).toBe(0);
});

test('an order outlives the broker being stopped, and nobody reaches it meanwhile', async () => {
  await publish({ orderid: 'kept' });

  await upstreams.broker.stopBroker();
  expect(await publish({ orderid: 'lost' })).toBe('AMQPConnectionError');
  await upstreams.broker.startBroker();

  expect(await upstreams.broker.messages('orders')).toEqual([{ orderid: 'kept' }]);
  await upstreams.broker.purge('orders');
});

test('each way to be refused can be set up and put right again', async () => {
  const { broker } = upstreams;

  await broker.setPassword('another');
  expect(await publish({})).toBe('ProbableAuthenticationError');
  await broker.removeUser();
  expect(await publish({})).toBe('ProbableAuthenticationError');
  await broker.setPassword(password);
  expect(await publish({})).toBe('published');
  await broker.clearPermissions();
  expect(await publish({})).toBe('ProbableAccessDeniedError');
  await broker.setPermissions({ configure: '^$', write: '^$', read: '^$' });
  expect(await publish({})).toBe('ChannelClosedByBroker');
  await broker.setPermissions();
  expect(await publish({})).toBe('published');
});

test('the gate tells empty permissions from narrow ones, and leaves nothing at the broker', async () => {
  const cases = [
    { configure: '.*', write: '.*', read: '.*', expected: 'well' },
    { configure: '^orders$', write: '^amq.default$', read: '^orders$', expected: 'are narrow' },
    { configure: '', write: '^orders$', read: '', expected: 'are narrow' },
    { configure: '', write: '', read: '^orders$', expected: 'to write is empty' },
    { configure: '^orders$', write: '', read: '', expected: 'to write is empty' },
    { configure: '', write: '', read: '', expected: 'amqp-access-refused' },
    { configure: '^$', write: '^$', read: '^$', expected: 'amqp-access-refused' },
  ];

  for (const { expected, ...permissions } of cases) {
    await upstreams.broker.setPermissions(permissions);
    expect(await login(password), JSON.stringify(permissions)).toContain(expected);
  }
  await upstreams.broker.setPermissions();

  const listed = await shell('HOME=/var/lib/rabbitmq rabbitmqctl --quiet list_queues --formatter=json name');
  expect(JSON.parse(listed)).toEqual([{ name: 'orders' }]);
});

test('the gate tells no permission, a wrong password and a user that is missing', async () => {
  const { broker } = upstreams;
  await broker.clearPermissions();
  expect(await login(password)).toBe('amqp-access-refused');
  await broker.setPermissions();
  expect(await login('another')).toBe('amqp-auth-failed');
  await broker.removeUser();
  expect(await login(password)).toBe('amqp-auth-failed');
  await broker.setPassword(password);
  expect(await login(password)).toBe('well');
});

test('the password is in no file of the host and in no argument, and provisioning again keeps what is there', async () => {
  await upstreams.broker.purge('orders');
  await publish({ orderid: 'kept' });
  const broker = await shell('systemctl show --property=MainPID --value rabbitmq-server');

  await provisionUpstreams(host, { password });

  expect(await shell('systemctl show --property=MainPID --value rabbitmq-server')).toBe(broker);
  expect(await upstreams.broker.messages('orders')).toEqual([{ orderid: 'kept' }]);
  const search = await host.exec(
    ['grep', '--recursive', '--files-with-matches', '--fixed-strings', '--file=-', '/etc', '/var', '/root', '/tmp'],
    {
      stdin: `${password}\n`,
    },
  );
  expect(search.stdout).toBe('');
});

test('a host that was switched off and on has its broker, queues and services back', async () => {
  await host.powerOff();
  await host.powerOn();
  await provisionUpstreams(host, { password });

  expect(await upstreams.broker.messages('orders')).toEqual([{ orderid: 'kept' }]);
});

async function shell(script: string): Promise<string> {
  const result = await host.exec(['sh', '-c', script]);
  if (result.code !== 0) throw new Error(`${script}: ${result.code} ${result.signal} ${result.stderr}`);
  return result.stdout.trim();
}

/** What came of publishing with the service's user: `published`, or the name of pika's exception. */
async function publish(order: unknown): Promise<string> {
  const script = `
import json, sys, pika
body, password = json.load(sys.stdin)
try:
    credentials = pika.PlainCredentials("roboshop", password)
    channel = pika.BlockingConnection(pika.ConnectionParameters("${host.addresses[2]}", credentials=credentials)).channel()
    channel.confirm_delivery()
    channel.queue_declare("orders", durable=True)
    channel.basic_publish("", "orders", body.encode(), pika.BasicProperties(delivery_mode=2), mandatory=True)
    print("published")
except pika.exceptions.AMQPError as error:
    print(type(error).__name__)
`;
  const sent = await host.exec(['python3', '-c', script], { stdin: JSON.stringify([JSON.stringify(order), password]) });
  if (sent.code !== 0) throw new Error(sent.stderr);
  return sent.stdout.trim();
}

/** What the login of the preflight and the gate makes of the broker: a failure, a remark, or `well`. */
async function login(typed: string): Promise<string> {
  const scripts = new URL('../../infra/documents/scripts/', import.meta.url);
  await host.writeFile('/run/check/amqp.py', await readFile(new URL('amqp.py', scripts), 'utf8'), 0o644);
  const script = `
import sys
sys.path.insert(0, "/run/check")
import amqp
try:
    print(amqp.login("${host.addresses[2]}", 5672, "roboshop", sys.stdin.read(), "/", 8) or "well")
except amqp.Refused as error:
    print(error.word)
`;
  const told = await host.exec(['python3', '-c', script], { stdin: typed });
  if (told.code !== 0) throw new Error(told.stderr);
  return told.stdout.trim();
}
