import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What of pip's configuration says where packages come from; the rest is this machine's taste and stays here. */
const carried = new Set([
  'cert',
  'default-timeout',
  'extra-index-url',
  'find-links',
  'index-url',
  'no-index',
  'proxy',
  'retries',
  'timeout',
  'trusted-host',
]);

/** Section, key, value: `{global: {'index-url': 'https://…'}}`; values of several lines are lists. */
export type PipSettings = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Later sources win, as in pip: system files, the user's files, the file of PIP_CONFIG_FILE, PIP_* variables. */
export function mergePipSettings(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): PipSettings {
  const merged: Record<string, Record<string, readonly string[]>> = {};
  const set = (section: string, key: string, values: readonly string[]) => {
    const name = key.toLowerCase().replaceAll('_', '-');
    if (carried.has(name)) merged[section] = { ...merged[section], [name]: values };
  };
  for (const text of files) {
    let section = 'global';
    let key = '';
    for (const line of text.split(/\r?\n/)) {
      if (/^\s*([#;].*)?$/.test(line)) continue;
      const heading = /^\[(.+)\]\s*$/.exec(line);
      const entry = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
      if (heading !== null) {
        section = heading[1] ?? 'global';
        key = '';
      } else if (/^\s/.test(line) && key !== '') {
        set(section, key, [...(merged[section]?.[key] ?? []), line.trim()]);
      } else if (entry !== null) {
        key = (entry[1] ?? '').toLowerCase().replaceAll('_', '-');
        set(
          section,
          key,
          (entry[2] ?? '')
            .trim()
            .split(/\s+/)
            .filter((word) => word !== ''),
        );
      }
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('PIP_') || value === undefined) continue;
    set(
      'global',
      name.slice('PIP_'.length),
      value
        .trim()
        .split(/\s+/)
        .filter((word) => word !== ''),
    );
  }
  return merged;
}

/** The text of a pip.conf. */
export function renderPipSettings(settings: PipSettings): string {
  const sections = Object.entries(settings).filter(([, values]) =>
    Object.values(values).some((list) => list.length > 0),
  );
  return sections
    .map(([section, values]) => {
      const filled = Object.entries(values).filter(([, list]) => list.length > 0);
      const lines = filled.map(([key, list]) => `${key} = ${list.join('\n    ')}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

/** Every value of a key, in whichever section. */
export function pipValues(settings: PipSettings, key: string): readonly string[] {
  return Object.values(settings).flatMap((values) => values[key] ?? []);
}

/** The same settings with some values replaced; a key that is left with none is dropped. */
export function mapPipValues(
  settings: PipSettings,
  key: string,
  change: (values: readonly string[]) => readonly string[],
): PipSettings {
  return Object.fromEntries(
    Object.entries(settings).map(([section, values]) => {
      const { [key]: old, ...rest } = values;
      const next = old === undefined ? [] : change(old);
      return [section, next.length === 0 ? rest : { ...rest, [key]: next }];
    }),
  );
}

/** pip's configuration on this machine. */
export async function readPipSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PipSettings> {
  const home = env['HOME'] ?? homedir();
  const xdg = (env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':').filter((path) => path !== '');
  const candidates = [
    ...xdg.map((path) => join(path, 'pip/pip.conf')),
    '/etc/pip.conf',
    join(home, '.pip/pip.conf'),
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip/pip.conf'),
    ...(env['PIP_CONFIG_FILE'] === undefined ? [] : [env['PIP_CONFIG_FILE']]),
  ];
  return mergePipSettings(await Promise.all(candidates.map(readOrNothing)), env);
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
