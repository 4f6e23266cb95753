import type { SourceFile } from './import-rules.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * `import circle: a.ts -> b.ts -> a.ts` for each group of files that import one another, type imports included. Each group
 * is named once, by the shortest circle from the first of its files.
 */
export function circleProblems(files: readonly SourceFile[]): readonly string[] {
  const graph: Graph = new Map(files.map(({ path, imports }) => [path, imports]));
  const named = new Set<string>();
  return [...graph.keys()].sort().flatMap((path) => {
    const circle = named.has(path) ? undefined : shortestCircle(graph, path);
    if (circle === undefined) {
      return [];
    }
    const reached = reachableFrom(graph, path);
    for (const other of reached) {
      if (reachableFrom(graph, other).has(path)) {
        named.add(other);
      }
    }
    return [`import circle: ${circle.join(' -> ')}`];
  });
}

/**
 * `core/a and core/b import each other: …` for each pair of rooms of one floor that do. A room is the first folder below
 * the floor; files that lie in no room are left out.
 */
export function pairProblems(files: readonly SourceFile[]): readonly string[] {
  const examples = new Map<string, string>();
  for (const { path, imports } of files) {
    for (const target of imports) {
      const [from, to] = [roomOf(path), roomOf(target)];
      if (from !== undefined && to !== undefined && from !== to && floorOf(from) === floorOf(to)) {
        examples.set(`${from} ${to}`, `${path} imports ${target}`);
      }
    }
  }
  return [...examples].flatMap(([pair, there]) => {
    const [from, to] = pair.split(' ');
    const back = examples.get(`${to} ${from}`);
    return back === undefined || pair > `${to} ${from}`
      ? []
      : [`${from} and ${to} import each other: ${there}; ${back}`];
  });
}

/** `core/lock` of `core/lock/acquire-lock.ts`; undefined for a file right below its floor. */
export function roomOf(path: string): string | undefined {
  const [floor, room, file] = path.split('/');
  return file === undefined ? undefined : `${floor}/${room}`;
}

function floorOf(room: string): string {
  return room.slice(0, room.indexOf('/'));
}

function shortestCircle(graph: Graph, start: string): readonly string[] | undefined {
  const seen = new Set<string>();
  let ways: readonly (readonly string[])[] = [[start]];
  while (ways.length > 0) {
    const longer: (readonly string[])[] = [];
    for (const way of ways) {
      for (const next of graph.get(way.at(-1) ?? '') ?? []) {
        if (next === start) {
          return [...way, next];
        }
        if (!seen.has(next)) {
          seen.add(next);
          longer.push([...way, next]);
        }
      }
    }
    ways = longer;
  }
  return undefined;
}

function reachableFrom(graph: Graph, start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const next of graph.get(path) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return seen;
}
