import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Notes each start of Node, and each file that it loads; the first start may say that it is an older Node. */
const recorder = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const { ROLLGATE_TEST_LOG: log, ROLLGATE_TEST_NODE: node } = process.env;
appendFileSync(log, 'start ' + process.pid + '\\n');
if (node) {
  delete process.env.ROLLGATE_TEST_NODE;
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node } });
}
registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(log, 'load ' + url + '\\n');
    return nextLoad(url, context);
  },
});
`;

/** One run of the command as a process. */
export interface RunOfCommand extends SpawnSyncReturns<string> {
  /** How often Node was started. */
  readonly starts: number;
  /** The files that were loaded, in order. */
  readonly loaded: readonly string[];
}

/** Runs `node cli/rollgate.mjs` of this project; `asNode` is the version that the first Node says it has. */
export function runCommand(
  project: string,
  args: readonly string[],
  { asNode, input }: { readonly asNode?: string; readonly input?: string } = {},
): RunOfCommand {
  const folder = mkdtempSync(join(tmpdir(), 'rollgate-record-'));
  try {
    const log = join(folder, 'log');
    writeFileSync(join(folder, 'recorder.mjs'), recorder);
    const { NO_COLOR: _, ...environment } = process.env;
    const env = {
      ...environment,
      NODE_OPTIONS: `--import=${pathToFileURL(join(folder, 'recorder.mjs')).href}`,
      ROLLGATE_STATE: join(folder, 'no-state'),
      ROLLGATE_TEST_LOG: log,
      ...(asNode === undefined ? {} : { ROLLGATE_TEST_NODE: asNode }),
    };
    const command = [join(project, 'cli/rollgate.mjs'), ...args];
    const run = spawnSync(process.execPath, command, { encoding: 'utf8', env, input: input ?? '' });
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const loaded = lines.flatMap((line) => (line.startsWith('load file:') ? [new URL(line.slice(5)).pathname] : []));
    return { ...run, starts: lines.filter((line) => line.startsWith('start ')).length, loaded };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A small project that is started as this one is: its `cli/main.ts` is what a test writes. */
export interface GivenProject {
  readonly folder: string;
  write(path: string, text: string): void;
  run(...args: Parameters<typeof runCommand> extends [string, ...infer Rest] ? Partial<Rest> : never): RunOfCommand;
  /** Starts the command so many times at once; what each said. */
  runAtOnce(count: number): Promise<readonly string[]>;
  remove(): void;
}

export function givenProject(options: { readonly withEsbuild: boolean } = { withEsbuild: true }): GivenProject {
  const folder = mkdtempSync(join(tmpdir(), 'rollgate-bundle-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const path of ['cli/rollgate.mjs', 'cli/bundle', 'scripts/launch.mjs']) {
    cpSync(path, join(folder, path), { recursive: true });
  }
  write('package.json', '{ "type": "module", "version": "1.2.3" }');
  const packages = ['commander', ...(options.withEsbuild ? ['esbuild', '@esbuild'] : [])];
  for (const path of [...packages, '.bin/node']) {
    mkdirSync(dirname(join(folder, 'node_modules', path)), { recursive: true });
    symlinkSync(resolve('node_modules', path), join(folder, 'node_modules', path));
  }
  return {
    folder,
    write,
    run: (args = [], each = {}) => runCommand(folder, args, each),
    runAtOnce: (count) => Promise.all(Array.from({ length: count }, () => saidBy(folder))),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function saidBy(folder: string): Promise<string> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, 'cli/rollgate.mjs')]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.on('close', () => done(said));
  });
}

/** The bundles of a project that are kept. */
export function bundlesOf(project: string): string {
  const folder = join(project, 'node_modules/.cache/rollgate');
  if (!existsSync(folder)) {
    throw new Error(`${folder} is not there`);
  }
  return folder;
}
