import type { ConfigChange } from '../../core/config/changes.ts';
import type { ConfigOnlyView } from '../check-config-only.ts';
import type { Style } from './style.ts';
import { keyValues, table } from './table.ts';

/** What the stable artifact with another configuration means, before it is deployed. */
export function renderConfigOnly(view: ConfigOnlyView, style: Style): readonly string[] {
  const { from, to, file, changes, policyChanges } = view;
  const facts: readonly (readonly [key: string, value: string])[] = [
    ['artifact', `that of ${from}, which is stable; with the configuration ${file}`],
    ['makes', makes(from, to)],
    ...(changes.length > 0 ? [] : [['changes', nothingButSecrets] as const]),
  ];
  return [
    ...keyValues(facts, style),
    ...changesTable(changes, ['value', from, '', 'now'], style),
    ...changesTable(policyChanges, ['value', 'in force', '', 'in the file'], style),
  ];
}

const nothingButSecrets =
  'none, only secrets may differ: a host where one was rotated is restarted through its gate, the others are verified';

function makes(from: string, to: string): string {
  if (to === from) {
    return `no new release: artifact and configuration are those of ${from}`;
  }
  return to === 'a new release' ? to : `no new release: artifact and configuration are those of ${to}`;
}

function changesTable(changes: readonly ConfigChange[], head: readonly string[], style: Style): readonly string[] {
  const rows = changes.map(({ path, before, after }) => [path, before ?? '–', '→', after ?? '–']);
  return rows.length === 0 ? [] : ['', ...table(head, rows, style)];
}
