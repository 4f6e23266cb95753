import { roomOf } from './import-graph.ts';
import type { SourceFile } from './import-rules.ts';

const facts = ['model', 'network', 'release', 'host', 'config'];
const decisions = [...facts, 'diagnosis', 'rollout', 'operator'];
const steps = [...decisions, 'lock', 'waiting', 'admission', 'balancer', 'converge'];

/** What each room of `core/` may import beside itself: rooms below it. */
const belowCore: Readonly<Record<string, readonly string[]>> = {
  model: [],
  network: ['model'],
  release: ['model'],
  host: ['model'],
  config: ['model', 'host'],
  diagnosis: facts,
  rollout: [...facts, 'diagnosis'],
  operator: [...facts, 'diagnosis', 'rollout'],
  lock: decisions,
  waiting: decisions,
  admission: [...decisions, 'lock', 'waiting'],
  balancer: decisions,
  converge: [...decisions, 'lock', 'waiting', 'admission', 'balancer'],
  views: steps,
  drift: [...steps, 'views'],
  doctor: [...steps, 'views', 'drift'],
};

/** `path: sentence` for each import of a room of `core/` that does not run downwards. */
export function roomProblems({ path, imports }: SourceFile): readonly string[] {
  if (!path.startsWith('core/')) {
    return [];
  }
  const room = coreRoom(path);
  const below = room === undefined ? undefined : belowCore[room];
  if (room === undefined || below === undefined) {
    return [`${path}: lies in no room of core/; the rooms are ${Object.keys(belowCore).join(', ')}`];
  }
  return imports.flatMap((target) => {
    const other = coreRoom(target);
    return other === undefined || other === room || below.includes(other)
      ? []
      : [`${path}: imports ${target}; core/${room}/ may import only ${listed(room, below)}`];
  });
}

function coreRoom(path: string): string | undefined {
  const room = path.startsWith('core/') ? roomOf(path) : undefined;
  return room?.slice('core/'.length);
}

function listed(room: string, below: readonly string[]): string {
  return [room, ...below].map((name) => `core/${name}/`).join(', ');
}
