import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { processesIn } from '../../local/hosts/cgroups.ts';
import { HostNotRunningError } from '../../local/hosts/host-machine.ts';
import { ensureBaseRoot, type Root } from '../../local/hosts/roots.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import { clearFirewall, dropTraffic, rejectTraffic } from './firewall.ts';
import { givenFleet, rootsDir, type TestFleet, whyNoHosts } from './host-fixture.ts';
import { limitMemory } from './limit-memory.ts';

let reason: string | undefined;
let root: Root;
let kit: TestFleet;
let first: SystemdHost;
let second: SystemdHost;

beforeAll(async () => {
  reason = await whyNoHosts();
  if (reason !== undefined) return;
  root = await ensureBaseRoot(rootsDir);
  kit = await givenFleet();
  const spec = (number: number) => ({
    name: `payment-${number}`,
    instanceId: `i-000000000000000${number}`,
    root,
    addresses: [`${kit.fleet.network.prefix}1${number}`],
    zone: 'eu-west-1a',
    tags: { Service: 'payment' },
    files: [{ path: '/etc/rollgate/endpoints', content: `S3=http://${kit.fleet.network.gateway}:1\n`, mode: 0o600 }],
  });
  const [one, two] = await kit.fleet.startHosts([spec(1), spec(2)]);
  if (one === undefined || two === undefined) throw new Error('two hosts were asked for');
  first = one;
  second = two;
});

afterAll(async () => {
  await kit?.remove();
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
});

async function shell(host: SystemdHost, script: string): Promise<string> {
  const result = await host.exec(['sh', '-c', script]);
  if (result.code !== 0) throw new Error(`${script}: ${result.code} ${result.signal} ${result.stderr}`);
  return result.stdout.trim();
}

/** curl's exit code for a request from one host to another. */
async function curl(from: SystemdHost, url: string): Promise<number | null> {
  return (await from.exec(['curl', '--silent', '--max-time', '2', '--output', '/dev/null', url])).code;
}

/** Processes of a host, seen from this machine, whose command line begins with these words. */
async function countOf(host: SystemdHost, words: string): Promise<number> {
  const pids = await processesIn(host.cgroup);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.replaceAll('\0', ' ').startsWith(words)).length;
}

async function givenWebServer(host: SystemdHost, port: number): Promise<string> {
  const address = host.addresses[0] ?? '';
  await shell(host, `systemd-run --unit=web-${port} python3 -m http.server ${port} --bind 0.0.0.0`);
  await until(
    'the web server answers',
    async () => (await curl(host, `http://127.0.0.1:${port}/`)) === 0,
    deadline(60),
  );
  return `http://${address}:${port}/`;
}

describe('a booted host', () => {
  test('has its own name, systemd as process 1, its address and the files it was given', async () => {
    const seen = await shell(
      first,
      'hostname; cat /proc/1/comm; cat /etc/rollgate/endpoints; stat -c %a:%U /etc/rollgate/endpoints',
    );

    expect(seen.split('\n')).toEqual(['payment-1', 'systemd', `S3=http://${kit.fleet.network.gateway}:1`, '600:root']);
    expect(await shell(first, 'ip -4 -oneline address show dev host0')).toContain(`${first.addresses[0]}/24`);
    expect(await shell(first, 'systemctl is-system-running')).toBe('running');
  });

  test('reaches another host', async () => {
    const url = await givenWebServer(second, 8001);

    expect(await curl(first, url)).toBe(0);
  });

  test('can not set the clock of this machine', async () => {
    const before = Date.now();

    const result = await first.exec(['date', '--set', '2001-01-01']);

    expect(result.code).not.toBe(0);
    expect(Date.now()).toBeGreaterThanOrEqual(before);
  });

  test('stopping a service leaves none of its processes behind, not even one that has left its session and ignores SIGTERM', async () => {
    const stubborn =
      "trap '' TERM; setsid sh -c \"trap '' TERM; while :; do sleep 900; done\" & while :; do sleep 900; done";
    await first.writeFile('/usr/local/bin/stubborn', `#!/bin/sh\n${stubborn}\n`, 0o755);
    await shell(first, 'systemd-run --unit=stubborn --property=TimeoutStopSec=1 /usr/local/bin/stubborn');
    await until('both sleeps run', async () => (await countOf(first, 'sleep 900')) === 2, deadline(60));

    const stop = await first.exec(['systemctl', 'stop', 'stubborn']);

    expect(stop).toMatchObject({ code: 0, stderr: '' });
    expect(await countOf(first, 'sleep 900')).toBe(0);
  });

  test('a service may use the sandboxing that a hardened unit asks for', async () => {
    const properties = [
      'User=daemon',
      'ProtectSystem=strict',
      'PrivateTmp=yes',
      'NoNewPrivileges=yes',
      'PrivateUsers=yes',
    ];

    const result = await first.exec([
      'systemd-run',
      '--wait',
      '--pipe',
      ...properties.map((entry) => `--property=${entry}`),
      'id',
      '-un',
    ]);

    expect(result).toMatchObject({ code: 0, stdout: 'daemon\n' });
  });

  test('reaches the metadata address at the port of the engine, which sees who asks', async () => {
    const askers: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      askers.push(request.socket.remoteAddress);
      response.end('metadata');
    });
    await new Promise<void>((resolve) => server.listen(0, kit.fleet.network.gateway, resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await kit.fleet.setMetadataPort(address.port);

    const answer = await shell(second, 'curl --silent --max-time 2 http://169.254.169.254/latest/');

    await new Promise((resolve) => server.close(resolve));
    expect(answer).toBe('metadata');
    expect(askers).toEqual([second.addresses[0]]);
  });

  test('memory beyond the bound of the host kills the process that asks for it', async () => {
    await limitMemory(`${second.cgroup}`, 192 * 1024 * 1024);

    const result = await second.exec([
      'systemd-run',
      '--wait',
      '--pipe',
      'python3',
      '-c',
      'x = bytearray(400 * 1024 * 1024)',
    ]);

    await limitMemory(second.cgroup, undefined);
    expect(result.code).toBe(255);
    expect(await shell(second, 'journalctl --no-pager --lines 20')).toContain('status=9/KILL');
  });
});

describe('a command on a host', () => {
  test('gets its input and exactly its environment, and gives output and exit code apart', async () => {
    const pieces: string[] = [];

    const result = await first.exec(['sh', '-c', 'cat; env; echo no >&2; exit 7'], {
      stdin: 'given\n',
      env: { COLOUR: 'red' },
      onStdout: (text) => pieces.push(text),
    });

    const environment = ['COLOUR=red', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PWD=/'];
    expect(result).toMatchObject({ code: 7, signal: null, stderr: 'no\n' });
    expect(result.stdout.trimEnd().split('\n').sort()).toEqual([...environment, 'given']);
    expect(pieces.join('')).toBe(result.stdout);
  });

  test('is killed with its children when its time is over', async () => {
    const result = await first.exec(['sh', '-c', 'sleep 801 & exec sleep 802'], { timeoutSeconds: 1 });

    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
    await until('its children are gone', async () => (await countOf(first, 'sleep 80')) === 0, deadline(40));
  });

  test('is killed with its children when it is aborted', async () => {
    const abort = new AbortController();
    const running = first.exec(['sh', '-c', 'echo started; sleep 811 & sleep 812'], {
      signal: abort.signal,
      onStdout: () => abort.abort(),
    });

    expect(await running).toMatchObject({ code: null, signal: 'SIGKILL', stdout: 'started\n' });
    await until('its children are gone', async () => (await countOf(first, 'sleep 81')) === 0, deadline(40));
  });

  test('ends when its script ends, though a daemon it left behind keeps its output open', async () => {
    const result = await first.exec(['sh', '-c', 'sleep 821 & echo done'], { timeoutSeconds: 20 });

    expect(result).toMatchObject({ code: 0, stdout: 'done\n' });
    expect(await countOf(first, 'sleep 821')).toBe(1);
  });
});

describe('traffic between hosts', () => {
  test('waits in vain where it is dropped, is refused where it is rejected, and flows again', async () => {
    const url = await givenWebServer(second, 8002);
    const toSecond = { address: second.addresses[0] ?? '', port: 8002 };

    await dropTraffic(first, toSecond);
    const dropped = await curl(first, url);
    await clearFirewall(first);
    await rejectTraffic(first, toSecond);
    const rejected = await curl(first, url);
    await clearFirewall(first);
    await dropTraffic(second, { direction: 'in', port: 8002 });
    const unanswered = await curl(first, url);
    const toItself = await curl(second, 'http://127.0.0.1:8002/');
    await clearFirewall(second);

    expect({ dropped, rejected, unanswered, toItself }).toEqual({
      dropped: 28,
      rejected: 7,
      unanswered: 28,
      toItself: 0,
    });
    expect(await curl(first, url)).toBe(0);
  });
});

describe('power', () => {
  test('an enabled service, files and journal outlive an orderly power-off and a cut', async () => {
    await first.writeFile(
      '/etc/systemd/system/mark.service',
      '[Service]\nExecStart=sleep infinity\n[Install]\nWantedBy=multi-user.target\n',
      0o644,
    );
    await shell(
      first,
      'systemctl enable --quiet --now mark; mkdir -p /app; echo kept >/app/file; logger remembered; journalctl --sync',
    );

    await first.powerOff();
    const whileOff = await first.exec(['true']).catch((error: unknown) => error);
    await first.powerOn();
    const afterOrder = await shell(
      first,
      'cat /app/file; systemctl is-active mark; journalctl --no-pager | grep -c "root.*remembered"',
    );
    await first.powerOff('cut');
    await first.powerOn();

    expect(whileOff).toBeInstanceOf(HostNotRunningError);
    expect(afterOrder).toBe('kept\nactive\n1');
    expect(await shell(first, 'cat /app/file; systemctl is-active mark')).toBe('kept\nactive');
  });

  test('a reboot from within is honoured, and the firewall outlives it', async () => {
    const url = await givenWebServer(second, 8004);
    const startedAt = 'systemctl show --property=UserspaceTimestampMonotonic';
    const before = await shell(first, startedAt);
    await rejectTraffic(first, { port: 8004 });

    await first.exec(['systemctl', 'reboot']);
    await until('it went down', () => !first.isRunning(), deadline(60));
    await until('it is back', () => first.isRunning(), deadline(60));

    expect(await shell(first, startedAt)).not.toBe(before);
    expect(await curl(first, url)).toBe(7);
    await clearFirewall(first);
    expect(await curl(first, url)).toBe(0);
  });

  test('a host that is cut off in the middle of a command ends the command with SIGKILL, and answers nobody', async () => {
    const url = await givenWebServer(second, 8003);
    const running = second.exec(['sleep', '600']);

    await second.powerOff('cut');

    expect(await running).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(second.isRunning()).toBe(false);
    expect(await curl(first, url)).not.toBe(0);
    await second.powerOn();
    expect(await shell(second, 'systemctl is-system-running')).toMatch(/running|degraded/);
  });

  test('a poweroff from within leaves the host off', async () => {
    await second.exec(['systemctl', 'poweroff']);

    await until('it is off', () => second.power() === 'stopped', deadline(60));
    expect(await processesIn(second.cgroup)).toEqual([]);
    await second.powerOn();
  });
});
