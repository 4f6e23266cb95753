import { readFileSync } from 'node:fs';
import { miniStackCapabilities } from '../emulators/ministack-back-end.ts';
import { miniStackGaps } from '../emulators/ministack-gaps.ts';
import { motoCapabilities } from '../emulators/moto-back-end.ts';
import { type Capability, type CapabilityTable, capabilities } from './capabilities.ts';
import { embeddedCapabilities } from './embedded-back-end.ts';

/** What `test/acceptance/README.md` says of each back end, by the name of its marker. */
export function gapTables(): Readonly<Record<string, string>> {
  return {
    versions: versionsLine(),
    miniStackPorts: portTable(miniStackCapabilities),
    motoPorts: portTable(motoCapabilities),
    embeddedPorts: portTable(embeddedCapabilities),
    miniStackBeyond: beyondTable(),
  };
}

function versionsLine(): string {
  const pins = readFileSync(new URL('../../scripts/python-tools.txt', import.meta.url), 'utf8');
  const found = (name: string): string => pins.match(new RegExp(`^${name}(?:\\[.*\\])?==(.+)$`, 'm'))?.[1] ?? '';
  return `Tried with MiniStack ${found('ministack')} and moto ${found('moto')}.`;
}

function portTable(table: CapabilityTable): string {
  const names = Object.keys(capabilities) as readonly Capability[];
  const rows = names.flatMap((name) => {
    const gap = table[name];
    return gap === true ? [] : [`| ${capabilities[name]} | ${gap.why} | ${gap.instead} |`];
  });
  return ['| can not show | because | shown by |', '|---|---|---|', ...rows].join('\n');
}

function beyondTable(): string {
  const rows = Object.values(miniStackGaps).map((gap) => `| ${gap.promise} | ${gap.found} | ${gap.instead} |`);
  return ['| AWS | MiniStack | shown by |', '|---|---|---|', ...rows].join('\n');
}
