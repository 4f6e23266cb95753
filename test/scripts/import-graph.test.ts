import { describe, expect, it } from 'vitest';
import { circleProblems, pairProblems } from '../../scripts/import-graph.ts';

/** Files by path, each with the paths that it imports. */
const given = (graph: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(graph).map(([path, imports]) => ({ path, imports, text: '' }));

describe('a circle of imports', () => {
  it('is found over any number of files and named by its shortest way', () => {
    const files = given({
      'core/a.ts': ['core/b.ts'],
      'core/b.ts': ['core/c.ts', 'core/d.ts'],
      'core/c.ts': ['core/d.ts'],
      'core/d.ts': ['core/a.ts'],
    });

    expect(circleProblems(files)).toEqual(['import circle: core/a.ts -> core/b.ts -> core/d.ts -> core/a.ts']);
  });

  it('is named once for each group of files', () => {
    const files = given({
      'cli/a.ts': ['cli/b.ts'],
      'cli/b.ts': ['cli/a.ts', 'core/x.ts'],
      'core/x.ts': ['core/y.ts'],
      'core/y.ts': ['core/x.ts'],
      'core/z.ts': ['core/z.ts'],
    });

    expect(circleProblems(files)).toEqual([
      'import circle: cli/a.ts -> cli/b.ts -> cli/a.ts',
      'import circle: core/x.ts -> core/y.ts -> core/x.ts',
      'import circle: core/z.ts -> core/z.ts',
    ]);
  });

  it('is not what two ways to the same file are, nor a package', () => {
    const files = given({ 'a.ts': ['b.ts', 'c.ts', 'zod'], 'b.ts': ['d.ts'], 'c.ts': ['d.ts'], 'd.ts': [] });

    expect(circleProblems(files)).toEqual([]);
  });
});

describe('two rooms of one floor', () => {
  it('may not import each other, through whatever files', () => {
    const files = given({
      'core/lock/a.ts': ['core/views/b.ts'],
      'core/views/b.ts': [],
      'core/views/deep/c.ts': ['core/lock/d.ts'],
      'core/lock/d.ts': [],
    });

    expect(pairProblems(files)).toEqual([
      'core/lock and core/views import each other: core/lock/a.ts imports core/views/b.ts; core/views/deep/c.ts imports core/lock/d.ts',
    ]);
  });

  it('may import one another one way, and files in no room are of none', () => {
    const files = given({
      'cli/render/a.ts': ['cli/style.ts', 'core/views/b.ts'],
      'cli/style.ts': ['cli/render/a.ts'],
      'cli/commands/c.ts': ['cli/render/a.ts'],
      'core/views/b.ts': [],
    });

    expect(pairProblems(files)).toEqual([]);
  });
});
