/**
 * Imports run one way: functions, cli, local -> ledger -> clients -> core. Only `clients/` imports an AWS SDK.
 * `core/` has no SDK, clock, environment or I/O. Inside a floor no two rooms import each other, and the rooms of `core/`
 * import only rooms below them. No files import each other in a circle, type imports included. Prints every violation;
 * exits 1 if there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { circleProblems, pairProblems } from './import-graph.ts';
import { findImports, importProblems, purityProblems, type SourceFile } from './import-rules.ts';
import { roomProblems } from './room-rules.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const layers = ['core', 'clients', 'ledger', 'functions', 'cli', 'local', 'infra', 'scripts', 'test'];

const files = layers.flatMap((layer) => sourcesIn(join(root, layer)).map(readSource));
const problems = [
  ...files.flatMap((file) => [...importProblems(file), ...roomProblems(file), ...purityProblems(file)]),
  ...circleProblems(files),
  ...pairProblems(files.filter(({ path }) => !path.startsWith('test/'))),
];
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;

function sourcesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mts|mjs)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  return {
    path: slashed(relative(root, path)),
    text,
    imports: findImports(text).map((specifier) =>
      specifier.startsWith('.') ? slashed(relative(root, resolve(dirname(path), specifier))) : specifier,
    ),
  };
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
