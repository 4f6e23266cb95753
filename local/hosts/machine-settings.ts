import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mapPipValues, pipValues, readPipSettings, renderPipSettings } from './pip-settings.ts';
import { runProgram } from './run-program.ts';

/** A file put into a root from outside before it boots. */
export interface SeedFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** 0o644 where nothing is said. */
  readonly mode?: number;
}

/** What a host takes over from this machine so that apt and pip work in it. */
export interface MachineSettings {
  readonly files: readonly SeedFile[];
  /** Folders with wheels that pip.conf names: shown to hosts read-only at the same path. */
  readonly folders: readonly string[];
  /** Options for apt: `Acquire::http::Proxy "http://proxy:3128";` */
  readonly aptOptions: readonly string[];
}

const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

const hostBundle = '/etc/ssl/certs/ca-certificates.crt';
const pipCertificate = '/usr/local/share/rollgate/pip-certificates.pem';

export async function readMachineSettings(): Promise<MachineSettings> {
  const bundle = await machineBundle();
  const files: SeedFile[] = [{ path: '/etc/resolv.conf', content: await nameServers() }];
  if (bundle !== undefined) files.push({ path: hostBundle, content: bundle });
  files.push(...(await localAuthorities()));

  const read = await readPipSettings();
  const folders: string[] = [];
  for (const link of pipValues(read, 'find-links'))
    if (/^\/[^:]*$/.test(link) && (await hasEntries(link))) folders.push(link);
  const withLinks = mapPipValues(read, 'find-links', (links) =>
    links.filter((link) => isRemote(link) || folders.includes(link)),
  );
  const certificate = pipValues(read, 'cert')[0];
  const certificateText = certificate === undefined ? undefined : await readOrNothing(certificate);
  if (certificateText !== undefined) files.push({ path: pipCertificate, content: certificateText });
  // Debian's own pip looks only at the bundle that it brings along.
  const settings = mapPipValues(withLinks, 'cert', () => (certificateText === undefined ? [] : [pipCertificate]));
  const hasCertificate = pipValues(settings, 'cert').length > 0;
  const pip = hasCertificate ? settings : { ...settings, global: { ...settings['global'], cert: [hostBundle] } };
  const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
  const hasProxy = proxy === undefined || pipValues(pip, 'proxy').length > 0;
  files.push({
    path: '/etc/pip.conf',
    content: renderPipSettings(hasProxy ? pip : { ...pip, global: { ...pip['global'], proxy: [proxy] } }),
  });

  const aptOptions = await aptSettings();
  if (aptOptions.length > 0)
    files.push({ path: '/etc/apt/apt.conf.d/80rollgate', content: `${aptOptions.join('\n')}\n` });
  return { files, folders, aptOptions };
}

/** The certificates that this machine trusts; undefined where none are found. */
export async function machineBundle(): Promise<string | undefined> {
  for (const path of bundles) {
    const text = await readOrNothing(path);
    if (text?.includes('BEGIN CERTIFICATE')) return text;
  }
  return undefined;
}

/** So that `update-ca-certificates` in a host keeps them. */
async function localAuthorities(): Promise<readonly SeedFile[]> {
  const folder = '/usr/local/share/ca-certificates';
  const files: SeedFile[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.crt')) continue;
    const content = await readOrNothing(join(folder, name));
    if (content !== undefined) files.push({ path: join(folder, basename(name)), content });
  }
  return files;
}

/** A resolver on the machine's own loopback can't be reached from a host. */
async function nameServers(): Promise<string> {
  for (const path of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const lines = ((await readOrNothing(path)) ?? '').split('\n');
    const servers = lines.filter((line) => /^nameserver\s/.test(line) && !/^nameserver\s+(127\.|::1)/.test(line));
    if (servers.length > 0)
      return `${[...servers, ...lines.filter((line) => /^(search|options)\s/.test(line))].join('\n')}\n`;
  }
  return 'nameserver 1.1.1.1\nnameserver 8.8.8.8\n';
}

async function aptSettings(): Promise<readonly string[]> {
  const wanted = /^Acquire::(http|https)::(Proxy|Verify-Peer|Timeout)/i;
  let lines: readonly string[] = [];
  try {
    lines = (await runProgram(['apt-config', 'dump'])).stdout
      .split('\n')
      .filter((line) => wanted.test(line) && !line.endsWith(' "";'));
  } catch {
    // no apt on this machine
  }
  const proxy = process.env['http_proxy'] ?? process.env['HTTP_PROXY'];
  const hasProxy = lines.some((line) => /^Acquire::http::Proxy /i.test(line));
  return proxy === undefined || hasProxy ? lines : [...lines, `Acquire::http::Proxy "${proxy}";`];
}

function isRemote(link: string): boolean {
  return /^https?:/.test(link);
}

async function hasEntries(folder: string): Promise<boolean> {
  return (await namesIn(folder)).length > 0;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await stat(folder)).isDirectory() ? await readdir(folder) : [];
  } catch {
    return [];
  }
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
