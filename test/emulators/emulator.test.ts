import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deadline, until } from '../../local/hosts/until.ts';
import { freePort, startEmulator } from './emulator.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollgate-emulator-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** An emulator that answers what it sees of its environment, and the id of a child it started. */
const server = `
const child = require('node:child_process').spawn('sleep', ['600']);
console.log('listening');
require('node:http').createServer((_, response) => response.end(JSON.stringify({ env: process.env, child: child.pid })))
  .listen(Number(process.env.PORT), '127.0.0.1');
`;

async function optionsFor(script: string) {
  const port = await freePort();
  const args = ['-e', script];
  const environment = { PORT: String(port), AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  return { name: 'server', command: process.execPath, args, folder, port, environment, readyPath: '/' };
}

test('an emulator sees what it is given of the environment, and writes into its folder', async () => {
  const emulator = await startEmulator(await optionsFor(server));
  try {
    const { env } = (await (await fetch(emulator.endpoint)).json()) as { env: Record<string, string> };

    const { PWD: _, ...seen } = env;
    expect(seen).toEqual({
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: join(folder, 'tmp'),
      PORT: String(emulator.port),
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    });
    expect(await readFile(emulator.logFile, 'utf8')).toBe('listening\n');
  } finally {
    await emulator.stop();
  }
});

test('stopping takes the children with it, and may be said twice', async () => {
  const emulator = await startEmulator(await optionsFor(server));
  const { child } = (await (await fetch(emulator.endpoint)).json()) as { child: number };
  expect(await isAlive(child)).toBe(true);

  await emulator.stop();
  await emulator.stop();

  await until('the child is gone', async () => !(await isAlive(child)), deadline(60));
  await expect(fetch(emulator.endpoint)).rejects.toThrow();
});

test('an emulator does not outlive a test process that is killed', async () => {
  const options = await optionsFor(server);
  const caller = `
import { startEmulator } from ${JSON.stringify(join(import.meta.dirname, 'emulator.ts'))};
await startEmulator(${JSON.stringify(options)});
process.kill(process.pid, 'SIGKILL');
`;
  const started = spawn(process.execPath, ['--input-type=module', '-e', caller], { stdio: 'inherit' });

  expect(await new Promise((resolve) => started.once('exit', (_, signal) => resolve(signal)))).toBe('SIGKILL');

  const isSilent = () =>
    fetch(`http://127.0.0.1:${options.port}`).then(
      () => false,
      () => true,
    );
  await until('nobody answers', isSilent, deadline(60));
});

test('an emulator that can not start says why', async () => {
  const broken = await optionsFor('console.error("no such option"); process.exit(3)');

  await expect(startEmulator(broken)).rejects.toThrow('server did not start: exit 3\nno such option');
});

test('a program that is not there is told', async () => {
  const missing = { ...(await optionsFor('')), command: join(folder, 'ministack') };

  await expect(startEmulator(missing)).rejects.toThrow('server did not start: exit 127');
});

/** False also of one that is dead and only not yet buried. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    return !/\) [ZX] /.test(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
