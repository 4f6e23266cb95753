import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { discardHosts, openFleet, sweepLeftovers } from '../../local/hosts/fleet.ts';
import { removeTree } from '../../local/hosts/mounts.ts';
import { ensureBaseRoot, ensureLayer, type Root } from '../../local/hosts/roots.ts';
import { runProgram } from '../../local/hosts/run-program.ts';
import { givenStateDir, leftoversOf, rootsDir, whyNoHosts } from './host-fixture.ts';

let reason: string | undefined;
let root: Root;

beforeAll(async () => {
  reason = await whyNoHosts();
  if (reason === undefined) root = await ensureBaseRoot(rootsDir);
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
});

function specOf(prefix: string, base: Root) {
  return { name: 'lost', instanceId: 'i-lost', root: base, addresses: [`${prefix}11`], zone: 'eu-west-1a', tags: {} };
}

describe('what hosts leave on this machine', () => {
  test('is nothing after stopAll, which may be called twice', async () => {
    const stateDir = await givenStateDir();
    const fleet = await openFleet(stateDir);
    await fleet.startHosts([specOf(fleet.network.prefix, root)]);
    expect((await leftoversOf(stateDir)).length).toBeGreaterThan(5);

    await Promise.all([fleet.stopAll(), fleet.stopAll()]);
    await fleet.stopAll();

    expect(await leftoversOf(stateDir)).toEqual([]);
    await removeTree(stateDir);
  });

  test('of an engine that was killed is refused while it lives, swept once it is dead, and its files are kept until they are discarded', async () => {
    const stateDir = await givenStateDir();
    const engine = spawn(process.execPath, [join(import.meta.dirname, 'abandoned-engine.ts'), stateDir, rootsDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve, reject) => {
      engine.stdout.once('data', resolve);
      engine.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
    });
    const refused = await sweepLeftovers(stateDir).catch((error: unknown) => String(error));
    const gone = new Promise((resolve) => engine.once('close', resolve));

    engine.removeAllListeners('exit');
    engine.kill('SIGKILL');
    await gone;
    const left = await leftoversOf(stateDir);
    await sweepLeftovers(stateDir);

    expect(refused).toMatch(/belong to another engine that is still running: stop it first$/);
    expect(left.filter((line) => line.startsWith('ps:') && line.includes('systemd-nspawn')).length).toBe(1);
    expect(await leftoversOf(stateDir)).toEqual([]);

    const fleet = await openFleet(stateDir);
    const [host] = await fleet.startHosts([specOf(fleet.network.prefix, root)]);
    const boots = await host?.exec(['sh', '-c', 'journalctl --list-boots | grep -c .']);
    await fleet.stopAll('cut');
    expect(Number(boots?.stdout)).toBeGreaterThanOrEqual(2);
    await discardHosts(stateDir);
    expect(await readdir(stateDir)).toEqual([]);
    await removeTree(stateDir);
  });

  test('is nothing where it is stopped in the middle of a boot', async () => {
    const stateDir = await givenStateDir();
    const booting = Promise.withResolvers<void>();
    const fleet = await openFleet(stateDir, { onPower: (_, state) => state === 'booting' && booting.resolve() });
    const starting = fleet.startHosts([specOf(fleet.network.prefix, root)]).catch((error: unknown) => String(error));
    await booting.promise;

    await fleet.stopAll();

    expect(await starting).toMatch(/lost did not boot: it was switched off meanwhile/);
    expect(await leftoversOf(stateDir)).toEqual([]);
    await removeTree(stateDir);
  });

  test('of another state folder is not touched: two engines run side by side on subnets of their own', async () => {
    const [one, two] = [await givenStateDir(), await givenStateDir()];
    const fleets = await Promise.all([openFleet(one), openFleet(two)]);
    const hosts = await Promise.all(fleets.map((fleet) => fleet.startHosts([specOf(fleet.network.prefix, root)])));

    await fleets[0]?.stopAll('cut');

    expect(fleets[0]?.network.subnet).not.toBe(fleets[1]?.network.subnet);
    const answer = await hosts[1]?.[0]?.exec([
      'curl',
      '--silent',
      '--max-time',
      '2',
      '--output',
      '/dev/null',
      `http://${fleets[1]?.network.gateway}:9/`,
    ]);
    expect(answer?.code).toBe(7);
    await fleets[1]?.stopAll('cut');
    expect([...(await leftoversOf(one)), ...(await leftoversOf(two))]).toEqual([]);
    await removeTree(one);
    await removeTree(two);
  });
});

describe('the state of a host', () => {
  test('is made anew where its root has changed, and a layer shows what is below it', async () => {
    const stateDir = await givenStateDir();
    const layer = await ensureLayer(rootsDir, {
      name: 'boot-test',
      recipe: 'marker 1',
      parent: root,
      build: async (host) => {
        await host.writeFile('/etc/marker', 'layered\n');
        await host.run(['sh', '-c', 'test -x /usr/bin/python3 && echo built >>/etc/marker']);
      },
    });
    const before = await openFleet(stateDir);
    const [old] = await before.startHosts([specOf(before.network.prefix, root)]);
    await old?.writeFile('/app/file', 'old');
    await before.stopAll('cut');

    const after = await openFleet(stateDir);
    const [fresh] = await after.startHosts([specOf(after.network.prefix, layer)]);
    const seen = await fresh?.exec(['sh', '-c', 'cat /etc/marker; ls /app']);
    await after.stopAll('cut');

    expect(seen).toMatchObject({ code: 2, stdout: 'layered\nbuilt\n' });
    expect(after.network.subnet).toBe(before.network.subnet);
    await removeTree(stateDir);
  });

  test('a layer whose making fails leaves no root behind', async () => {
    let attempts = 0;
    const plan = {
      name: 'boot-failing',
      recipe: 'fails',
      parent: root,
      build: async (host: { run(argv: readonly string[]): Promise<unknown> }) => {
        attempts += 1;
        await host.run(['sh', '-c', 'echo no such package >&2; exit 100']);
      },
    };

    const failures = [];
    for (let round = 0; round < 2; round++)
      failures.push(await ensureLayer(rootsDir, plan).catch((error: unknown) => String(error)));

    expect(failures[0]).toMatch(/making the root "boot-failing": sh -c .*: exit 100\nno such package$/s);
    expect({ attempts, failed: failures.filter((entry) => typeof entry === 'string').length }).toEqual({
      attempts: 2,
      failed: 2,
    });
  });

  test('a layer whose making was killed is made again, without the half that was there, and its processes are gone', async () => {
    const recipe = `killed ${Date.now()}`;
    const maker = spawn(process.execPath, [join(import.meta.dirname, 'abandoned-layer.ts'), rootsDir, recipe], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => maker.stdout.once('data', resolve));
    const gone = new Promise((resolve) => maker.once('close', resolve));
    maker.kill('SIGKILL');
    await gone;

    const layer = await ensureLayer(rootsDir, {
      name: 'boot-killed',
      recipe,
      parent: root,
      build: async (host) => {
        await host.run(['sh', '-c', 'ls /etc/half 2>/dev/null && exit 1; echo whole >/etc/whole']);
      },
    });

    expect(await readFile(join(layer.layers[0] ?? '', 'etc/whole'), 'utf8')).toBe('whole\n');
    expect((await runProgram(['pgrep', '--full', 'echo half >/etc/half'])).stdout).toBe('');
  });

  test('a layer whose making is given up ends at once and leaves nothing', async () => {
    const giveUp = new AbortController();
    const making = ensureLayer(
      rootsDir,
      {
        name: 'boot-given-up',
        recipe: 'never made',
        parent: root,
        build: async (host) => {
          await host.run(['sh', '-c', 'echo begun; sleep 600'], { onStdout: () => giveUp.abort() });
        },
      },
      { signal: giveUp.signal },
    );

    // One that waited for the sleep would run into the time limit of the test.
    await expect(making).rejects.toThrow('making the root "boot-given-up"');
    expect((await readdir(rootsDir)).filter((name) => name.startsWith('boot-given-up'))).toEqual([]);
  });
});
