import { describe, expect, it } from 'vitest';
import { findImports, importProblems, purityProblems } from '../../scripts/import-rules.ts';

const file = (path: string, imports: readonly string[], text = '') => ({ path, imports, text });

describe('imports of a file', () => {
  it('are found in every form, and not in comments', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type {\n  B,\n} from './b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      "const e = await import('./e.ts');",
      "// import { f } from './f.ts';",
      "/* import { g } from './g.ts'; */",
      "const url = 'http://example.com'; // kept",
    ].join('\n');

    expect([...findImports(text)].sort()).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts']);
  });
});

describe('import direction', () => {
  it.each([
    ['core/plan.ts', 'ledger/keys.ts', 'core/plan.ts: imports ledger/keys.ts; core/ may import only core/'],
    [
      'core/plan.ts',
      'node:fs',
      'core/plan.ts: imports node:fs; core may import only zod, yaml, yauzl, node:crypto, node:zlib',
    ],
    [
      'ledger/keys.ts',
      'clients/s3-ledger.ts',
      'ledger/keys.ts: imports clients/s3-ledger.ts; ledger/ may import only ledger/, clients/ports.ts, core/',
    ],
    [
      'cli/program.ts',
      'local/engine.ts',
      'cli/program.ts: imports local/engine.ts; cli/ may import only cli/, ledger/, clients/, core/, local/rpc/, scripts/launch.mjs',
    ],
    [
      'functions/finish.ts',
      '@aws-sdk/client-s3',
      'functions/finish.ts: imports @aws-sdk/client-s3; only clients/ may import an AWS SDK',
    ],
  ])('%s may not import %s', (path, target, sentence) => {
    expect(importProblems(file(path, [target]))).toEqual([sentence]);
  });

  it.each([
    ['core/plan.ts', 'core/model/errors.ts'],
    ['core/plan.ts', 'zod'],
    ['ledger/keys.ts', 'clients/ports.ts'],
    ['clients/s3-ledger.ts', '@aws-sdk/client-s3'],
    ['local/engine.ts', 'functions/finish.ts'],
    ['cli/connect.ts', 'local/rpc/remote-ports.ts'],
    ['test/core/plan.test.ts', 'local/engine.ts'],
  ])('%s may import %s', (path, target) => {
    expect(importProblems(file(path, [target]))).toEqual([]);
  });
});

describe('purity of core', () => {
  it.each([
    ['const now = Date.now();', 'reads the clock'],
    ['const now = new Date();', 'reads the clock'],
    ['if (Math.random() > 0.5) {}', 'is random'],
    ["const home = process.env['HOME'];", 'reads the environment'],
    ['setTimeout(() => {}, 1);', 'waits'],
  ])('%s is refused', (line, what) => {
    const text = `// first line\n${line}`;

    expect(purityProblems(file('core/x.ts', [], text))).toEqual([
      `core/x.ts:2: ${what}; core takes such facts as arguments`,
    ]);
  });

  it('leaves other layers, comments and dates of given instants alone', () => {
    expect(purityProblems(file('local/x.ts', [], 'Date.now();'))).toEqual([]);
    expect(purityProblems(file('core/x.ts', [], '// Date.now()\nnew Date(given);'))).toEqual([]);
  });
});
