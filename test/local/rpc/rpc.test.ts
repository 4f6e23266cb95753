import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ports } from '../../../clients/ports.ts';
import { InvalidDeploymentError, LockLostError, TransientAwsError } from '../../../core/model/errors.ts';
import { connectEngine } from '../../../local/rpc/connect-engine.ts';
import { createRemotePorts, methodsOfPorts } from '../../../local/rpc/remote-ports.ts';
import { type RpcMethods, type RpcServer, serveRpc } from '../../../local/rpc/serve-rpc.ts';
import { localStage } from '../../given/stages.ts';

let directory: string;
let socketPath: string;
let servers: RpcServer[];

const serve = async (methods: RpcMethods, path = socketPath) => {
  const server = await serveRpc(path, methods);
  servers.push(server);
  return server;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rpc-'));
  socketPath = join(directory, 'engine.sock');
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(directory, { recursive: true, force: true });
});

describe('the ports', () => {
  test('every method arrives with its arguments, and its answer comes back whole', async () => {
    const calls: unknown[] = [];
    await serve(methodsOfPorts(recordingPorts(calls)));
    const remote = await createRemotePorts(socketPath);
    const zip = Uint8Array.from([0, 10, 13, 34, 255]);

    expect(remote.stage).toEqual(localStage);
    expect(remote.executions.arnOf('d-1')).toBe('arn:d-1');
    expect(await remote.ledger.read('k')).toBeUndefined();
    expect(await remote.ledger.create('k', 'line\nfeed "ü" \u2028 😀')).toEqual({ kind: 'written', etag: '"e"' });
    expect(await remote.ledger.list('')).toEqual(['a', 'b']);
    await remote.ledger.remove('k', '"e"');
    await remote.ledger.remove('k', undefined);
    expect(await remote.artifacts.read('v')).toEqual(zip);
    await remote.artifacts.upload(Buffer.from(zip));
    expect(await remote.executions.taskSucceeded('t', { status: null })).toBe(false);
    expect(calls).toEqual([
      ['ledger.read', 'k'],
      ['ledger.create', 'k', 'line\nfeed "ü" \u2028 😀'],
      ['ledger.list', ''],
      ['ledger.remove', 'k', '"e"'],
      ['ledger.remove', 'k'],
      ['artifacts.read', 'v'],
      ['artifacts.upload', zip],
      ['executions.taskSucceeded', 't', { status: null }],
    ]);
  });

  test('an artifact of many megabytes goes through in both directions', async () => {
    const zip = new Uint8Array(20 * 1024 * 1024).fill(7);
    let uploaded = 0;
    await serve({
      'artifacts.upload': async (body: Uint8Array) => {
        uploaded = body.byteLength;
        return body;
      },
    });
    const connection = await connectEngine(socketPath);

    const back = (await connection.call('artifacts.upload', zip)) as Uint8Array;

    expect(uploaded).toBe(zip.byteLength);
    expect(Buffer.compare(back, zip)).toBe(0);
  });

  test('answers come in any order, each to its own call', async () => {
    const gates = new Map<string, () => void>();
    await serve({
      wait: (name: string) => new Promise((resolve) => gates.set(name, () => resolve(name))),
      open: async (name: string) => gates.get(name)?.(),
    });
    const connection = await connectEngine(socketPath);
    const first = connection.call('wait', 'first');
    const second = connection.call('wait', 'second');

    await connection.call('open', 'second');
    expect(await second).toBe('second');
    await connection.call('open', 'first');
    expect(await first).toBe('first');
  });
});

describe('errors', () => {
  test.each([
    new InvalidDeploymentError(['no payment.ini', 'no requirements.txt']),
    new TransientAwsError('throttled'),
    new LockLostError('lost'),
    Object.assign(new Error('odd'), { name: 'OddError' }),
  ])('%s keeps class, name, message and problems', async (error) => {
    await serve({
      fail: async () => {
        throw error;
      },
    });
    const connection = await connectEngine(socketPath);

    const thrown = await connection.call('fail').catch((reason: unknown) => reason);

    expect(thrown).toBeInstanceOf(error.constructor);
    expect(thrown).toMatchObject({ name: error.name, message: error.message });
    expect((thrown as Partial<InvalidDeploymentError>).problems).toEqual(
      (error as Partial<InvalidDeploymentError>).problems,
    );
  });

  test('a bug in the engine brings along where it is', async () => {
    await serve({
      fail: async function brokenMethod() {
        throw new TypeError('a bug');
      },
    });
    const connection = await connectEngine(socketPath);

    const thrown = await connection.call('fail').catch((reason: unknown) => reason);

    expect((thrown as Error).stack).toContain('brokenMethod');
  });

  test.each(['nothing', 'toString', '__proto__'])('a method that is not there (%s) is said so', async (method) => {
    await serve({ ping: async () => 'pong' });
    const connection = await connectEngine(socketPath);

    await expect(connection.call(method)).rejects.toThrow(
      `the engine has no method ${method}: is it of another version?`,
    );
  });

  test.each(['GET / HTTP/1.1', 'null', '{"id":1}', '[]'])(
    'who sends %s is cut off, and others are still served',
    async (line) => {
      await serve({ ping: async () => 'pong' });
      const stranger = connect(socketPath);
      const closed = new Promise((resolve) => stranger.once('close', resolve));

      stranger.write(`${line}\n`);
      await closed;

      expect(await (await connectEngine(socketPath)).call('ping')).toBe('pong');
    },
  );
});

describe('without an engine', () => {
  const noEngine = { name: 'NoEngineError', message: 'no engine is running here', nextStep: 'npm start' };

  test('where there is no socket, it is said so with what to type', async () => {
    await expect(createRemotePorts(socketPath)).rejects.toMatchObject(noEngine);
    await expect(createRemotePorts(join(directory, 'none', 'engine.sock'))).rejects.toMatchObject(noEngine);
  });

  test('the socket of a killed engine is no engine, and the next engine takes its place', async () => {
    await leaveStaleSocket(socketPath);

    await expect(createRemotePorts(socketPath)).rejects.toMatchObject(noEngine);
    await serve({ ping: async () => 'pong' });

    expect(await (await connectEngine(socketPath)).call('ping')).toBe('pong');
  });

  test('of many engines that find the same dead socket, one takes it and answers', async () => {
    await leaveStaleSocket(socketPath);

    const started = await Promise.allSettled(['a', 'b', 'c'].map((name) => serve({ name: async () => name })));

    const won = started.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
    expect(won).toHaveLength(1);
    expect(await (await connectEngine(socketPath)).call('name')).toBe(['a', 'b', 'c'][won[0] ?? -1]);
  });

  test('a second engine is refused while the first one answers, and the first stays', async () => {
    await serve({ ping: async () => 'first' });

    await expect(serveRpc(socketPath, {})).rejects.toMatchObject({ name: 'EngineRunningError' });
    expect(await (await connectEngine(socketPath)).call('ping')).toBe('first');
  });

  test('when it goes away, what was asked fails, and so does what is asked later', async () => {
    const server = await serve({ never: () => new Promise(() => undefined) });
    const connection = await connectEngine(socketPath);
    const asked = connection.call('never');

    await server.close();

    await expect(asked).rejects.toMatchObject({ name: 'EngineGoneError', message: 'the engine has stopped' });
    await expect(connection.call('never')).rejects.toMatchObject({ name: 'EngineGoneError' });
    expect(existsSync(socketPath)).toBe(false);
  });
});

test('an engine that has nothing to serve yet says that it starts', async () => {
  const methods: Record<string, RpcMethods[string]> = {};
  await serve(methods);
  const starting = { name: 'EngineStartingError', message: 'the engine here is still starting' };

  await expect(createRemotePorts(socketPath)).rejects.toMatchObject({
    ...starting,
    nextStep: 'the same again when it is up',
  });
  Object.assign(methods, methodsOfPorts(recordingPorts([])));

  expect((await createRemotePorts(socketPath)).stage).toEqual(localStage);
});

test('only the owner can open the socket', async () => {
  await serve({});

  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
});

test('a directory too deep for a socket address is no obstacle', async () => {
  const deep = join(directory, 'd'.repeat(80), 'e'.repeat(80));
  mkdirSync(deep, { recursive: true });
  const path = join(deep, 'engine.sock');
  await serve({ ping: async () => 'pong' }, path);

  expect(await (await connectEngine(path)).call('ping')).toBe('pong');
  await expect(serveRpc(path, {})).rejects.toMatchObject({ name: 'EngineRunningError' });
});

test('an idle connection does not keep a process alive', async () => {
  await serve({ ping: async () => 'pong' });
  const script = join(directory, 'client.ts');
  const module = new URL('../../../local/rpc/connect-engine.ts', import.meta.url).href;
  await writeFile(
    script,
    `import { connectEngine } from ${JSON.stringify(module)};
     const connection = await connectEngine(${JSON.stringify(socketPath)});
     console.log(await connection.call('ping'));`,
  );

  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));

  expect([code, output]).toEqual([0, 'pong\n']);
});

/** Ports that write down what they are asked. */
function recordingPorts(calls: unknown[]): Ports {
  const answers: Readonly<Record<string, unknown>> = {
    'ledger.create': { kind: 'written', etag: '"e"' },
    'ledger.list': ['a', 'b'],
    'artifacts.read': Uint8Array.from([0, 10, 13, 34, 255]),
    'executions.taskSucceeded': false,
  };
  const recording = (port: string) =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          const method = `${port}.${String(name)}`;
          if (method === 'executions.arnOf') return (execution: string) => `arn:${execution}`;
          return async (...given: readonly unknown[]) => {
            calls.push([method, ...given]);
            return answers[method];
          };
        },
      },
    );
  const ports = ['clock', 'ledger', 'artifacts', 'inventory', 'commands', 'executions', 'balancer'];
  return { stage: localStage, ...Object.fromEntries(ports.map((port) => [port, recording(port)])) } as unknown as Ports;
}

/** What SIGKILL leaves behind: a socket file that nobody listens on. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  expect(existsSync(path)).toBe(true);
}
