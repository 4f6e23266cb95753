import type { StateVisit } from '../../local/state-machine/visits.ts';

/**
 * The states that an execution visited, in order. Choice states are left out: the state after them tells the arm. What
 * happens inside a Map stands after it, one line per item: `Wave 0: Activate HealthGate`.
 */
export function pathOf(visits: readonly StateVisit[]): readonly string[] {
  const lines: string[] = [];
  let open = new Map<string, number>();
  for (const { state, type, iteration } of visits) {
    if (type === 'Choice') continue;
    const item = iteration.at(-1);
    if (item === undefined) {
      open = new Map();
      lines.push(state);
      continue;
    }
    const name = `${item.state} ${item.index}`;
    const at = open.get(name) ?? lines.push(`${name}:`) - 1;
    open.set(name, at);
    lines[at] = `${lines[at]} ${state}`;
  }
  return lines;
}
