/**
 * `npm run bundles`: how large each function is, and how long a fresh process takes to load it, with the SDK in the bundle
 * (as it is deployed) and with the SDK beside it (as the runtime has it). Sizes in kB; times are medians in milliseconds
 * on this machine, so only their ratio means something.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { parse } from 'yaml';
import { packageStack } from './package-stack.ts';

const runs = 9;
const projectRoot = dirname(import.meta.dirname);
// Below the project, so that a bundle without the SDK finds it in node_modules.
mkdirSync(join(projectRoot, '.rollgate'), { recursive: true });
const folder = mkdtempSync(join(projectRoot, '.rollgate', 'bundles-'));

interface Settings {
  readonly functions: Readonly<Record<string, { readonly handler: string }>>;
  readonly custom: {
    readonly esbuild: {
      readonly format: 'cjs';
      readonly target: string;
      readonly mainFields: string[];
      readonly conditions: string[];
      readonly plugins: string;
    };
  };
}

try {
  const zips = join(folder, 'package');
  await packageStack(zips);
  const text = readFileSync(join(projectRoot, 'serverless.yml'), 'utf8');
  const { functions, custom } = parse(text, { logLevel: 'error' }) as Settings;
  const sources = Object.values(functions).map(({ handler }) => `${handler.replace(/\.\w+$/, '')}.ts`);
  await bundle(custom.esbuild, sources, 'with', []);
  await bundle(custom.esbuild, sources, 'without', ['@aws-sdk/*']);

  console.log(line('function', 'zip', 'bundle', 'load', 'SDK beside it', 'times'));
  for (const [name, { handler }] of Object.entries(functions)) {
    const file = `${basename(handler, '.handler')}.cjs`;
    const own = join(folder, 'with', file);
    const [load, loadBeside] = medians(own, join(folder, 'without', file));
    const sizes = [statSync(join(zips, `${name}.zip`)).size, statSync(own).size].map((bytes) =>
      (bytes / 1000).toFixed(0),
    );
    const times = [load.toFixed(0), loadBeside.toFixed(0), (loadBeside / load).toFixed(1)];
    console.log(line(name, ...sizes, ...times));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bundle(
  settings: Settings['custom']['esbuild'],
  entryPoints: string[],
  name: string,
  external: string[],
): Promise<void> {
  const { format, target, mainFields, conditions, plugins } = settings;
  await build({
    entryPoints,
    format,
    target,
    mainFields,
    conditions,
    external,
    bundle: true,
    minify: true,
    platform: 'node',
    outdir: join(folder, name),
    outExtension: { '.js': '.cjs' },
    absWorkingDir: projectRoot,
    plugins: createRequire(import.meta.url)(join(projectRoot, plugins)) as Plugin[],
  });
}

/** Taken in turns, so that whatever else this machine does meets both alike. */
function medians(...paths: readonly [string, string]): readonly [number, number] {
  const times: readonly [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run += 1) {
    paths.forEach((path, index) => {
      times[index]?.push(loadMilliseconds(path));
    });
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[(runs - 1) / 2] ?? 0;
  return [median(times[0]), median(times[1])];
}

function loadMilliseconds(path: string): number {
  const program = `const before = process.hrtime.bigint(); require(${JSON.stringify(path)});
    console.log(Number(process.hrtime.bigint() - before) / 1e6);`;
  return Number(execFileSync(process.execPath, ['--eval', program], { encoding: 'utf8' }));
}

function line(name: string, ...columns: readonly string[]): string {
  return `${name.padEnd(20)}${columns.map((column) => column.padStart(15)).join('')}`;
}
