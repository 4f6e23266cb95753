import type { ConfigureView } from '../configure-view.ts';
import type { Style } from './style.ts';
import { keyValues, table } from './table.ts';

const sentences: Readonly<Record<ConfigureView['kind'], string>> = {
  first: 'no configuration was in force yet',
  unreadable: 'the one in force can not be read by this version of Rollgate; all of it is replaced',
  values: '',
  text: 'comments and spelling only; every value is as it was',
  same: 'nothing: this file is in force already',
};

/** What a configuration file changes. */
export function renderConfigure(view: ConfigureView, style: Style): readonly string[] {
  const facts: readonly (readonly [key: string, value: string])[] = [
    ['service', `${style.strong(view.service)} on ${view.stage}`],
    ['from', view.file],
    ...(view.kind === 'values' ? [] : [['changes', sentences[view.kind]] as const]),
    ...view.warnings.map((warning) => ['warning', style.paint('yellow', warning)] as const),
  ];
  const rows = view.changes.map(({ path, before, after }) => [path, before ?? '–', '→', after ?? '–']);
  const done = view.isPublished
    ? `${style.paint('green', '✓ published')}; it counts for every upload and deployment from now on, and for no release that is there`
    : 'Nothing was changed.';
  return [
    ...keyValues(facts, style),
    ...(rows.length === 0 ? [] : ['', ...table(['value', 'in force', '', 'in the file'], rows, style)]),
    '',
    done,
  ];
}
