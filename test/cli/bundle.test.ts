import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundlesOf, type GivenProject, givenProject, runCommand } from './given-command.ts';

/** The sources that a run loaded, by the line that esbuild puts before each module of a bundle. */
function sourcesLoadedBy(...args: readonly string[]): readonly string[] {
  const { loaded } = runCommand(process.cwd(), args);
  const bundled = loaded.filter((path) => path.startsWith(bundlesOf(process.cwd())));
  expect(bundled).not.toEqual([]);
  return bundled.flatMap((path) => readFileSync(path, 'utf8').match(/^ *\/\/ [\w@./-]+\.(?:ts|js|mjs)$/gm) ?? []);
}

const ofSdk = /\/\/ node_modules\/@(?:aws-sdk|smithy)\//;
const ofLibraries = /\/\/ node_modules\/(?:zod|yaml|yauzl)\//;
const ofCommands = /\/\/ (?:cli\/commands|core\/config|core\/views|local)\//;

describe('a start of the command', () => {
  it('loads no command, no library of theirs and no SDK for help and for what is typed wrong', () => {
    for (const args of [['--help'], ['status', '--help'], ['statuss'], ['status', '--stage', 'NOT A STAGE']]) {
      const sources = sourcesLoadedBy(...args);

      expect(sources).toContain('// cli/command-line.ts');
      expect(sources.filter((line) => [ofSdk, ofLibraries, ofCommands].some((each) => each.test(line)))).toEqual([]);
    }
  });

  it('loads neither the SDK nor a library for status before the engine is asked', () => {
    const sources = sourcesLoadedBy('status');

    expect(sources).toContain('// cli/commands/status.ts');
    expect(sources.filter((line) => ofSdk.test(line) || ofLibraries.test(line))).toEqual([]);
  });

  it('starts Node once, and once more if the Node that was started is too old for the bundle', () => {
    expect(runCommand(process.cwd(), ['--help']).starts).toBe(1);
    expect(runCommand(process.cwd(), ['--help'], { asNode: '22.12.0' }).starts).toBe(1);
    expect(runCommand(process.cwd(), ['--help'], { asNode: '22.11.0' }).starts).toBe(2);
    expect(runCommand(process.cwd(), ['--help'], { asNode: '20.20.2' }).starts).toBe(2);
  });

  it('names the source and the line of an error with --verbose', () => {
    const { stderr, status } = runCommand(process.cwd(), ['status', '--verbose']);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: no engine is running here\nnext: npm start\nNoEngineError: /);
    expect(stderr).toMatch(/at async createRemotePorts \(\S+\/local\/rpc\/remote-ports\.ts:\d+:\d+\)/);
    expect(stderr).toMatch(/at async (?:Module\.)?status \(\S+\/cli\/commands\/status\.ts:\d+:\d+\)/);
  });
});

it('runs on the oldest Node that the packages of the command ask for', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  const asked = Object.keys(dependencies).map((name) => {
    const manifest = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
    const { engines } = manifest as { engines?: { node?: string } };
    const [, major, minor] = /^>= ?(\d+)\.(\d+)/.exec(engines?.node ?? '') ?? ['', '0', '0'];
    return Number(major) * 1000 + Number(minor);
  });

  expect(Math.max(...asked)).toBe(22_012);
  expect(readFileSync('cli/bundle/oldest-node.mjs', 'utf8')).toContain('oldestNode = [22, 12]');
});

describe('the bundle of the command', () => {
  let project: GivenProject;

  beforeEach(() => {
    project = givenProject();
    project.write('cli/main.ts', "import { word } from './word.ts';\nconsole.log(word);\n");
    project.write('cli/word.ts', "export const word: string = 'one';\n");
  });

  afterEach(() => project.remove());

  const bundles = () => readdirSync(bundlesOf(project.folder)).filter((name) => name !== 'current.json');

  it('is built once, and is what runs: the sources are not loaded', () => {
    const runs = [project.run(), project.run(), project.run()];

    expect(runs.map(({ stdout, stderr }) => [stdout, stderr])).toEqual(Array(3).fill(['one\n', '']));
    expect(bundles()).toHaveLength(1);
    expect(runs.flatMap(({ loaded }) => loaded).filter((path) => path.endsWith('.ts'))).toEqual([]);
    expect(runs[1]?.loaded.filter((path) => path.includes('esbuild'))).toEqual([]);
  });

  it('is never stale: the next start sees an edit that keeps the size and the time of the file', () => {
    const path = join(project.folder, 'cli/word.ts');
    expect(project.run().stdout).toBe('one\n');

    for (const word of ['two', 'six', 'ten']) {
      const { atime, mtime } = statSync(path);
      project.write('cli/word.ts', `export const word: string = '${word}';\n`);
      utimesSync(path, atime, mtime);

      expect(project.run().stdout).toBe(`${word}\n`);
    }
  });

  it('is never stale where file times are coarse: a file that was young when it was read is compared by its content', () => {
    project.run();
    const current = readFileSync(join(bundlesOf(project.folder), 'current.json'), 'utf8');
    const { inputs } = JSON.parse(current) as { inputs: [path: string, stamp: string | null, hash: string][] };

    expect(inputs.find(([path]) => path === 'cli/word.ts')?.[1]).toBeNull();
  });

  it('is not built again where a file was touched and says the same', () => {
    project.run();
    utimesSync(join(project.folder, 'cli/word.ts'), new Date(1), new Date(1));

    expect(project.run().stdout).toBe('one\n');
    expect(bundles()).toHaveLength(1);
  });

  it('follows a file that goes, and a project that moves', () => {
    project.run();
    renameSync(join(project.folder, 'cli/word.ts'), join(project.folder, 'cli/other.ts'));
    const gone = project.run();
    project.write('cli/main.ts', "import { word } from './other.ts';\nconsole.log(import.meta.dirname, word);\n");
    const here = project.run().stdout;
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    const there = runCommand(moved, []).stdout;
    renameSync(moved, project.folder);

    expect(gone.status).toBe(1);
    expect(gone.stderr).toContain("Cannot find module '");
    expect([here, there]).toEqual([`${project.folder}/cli one\n`, `${moved}/cli one\n`]);
  });

  it('keeps what is loaded later from a bundle that was replaced, and removes it a day after', () => {
    project.run();
    const [first = ''] = bundles();
    project.write('cli/word.ts', "export const word = 'two';\n");
    project.run();
    expect(bundles()).toHaveLength(2);

    utimesSync(join(bundlesOf(project.folder), first), new Date(1), new Date(1));
    project.write('cli/word.ts', "export const word = 'six';\n");
    project.run();

    expect(bundles()).toHaveLength(2);
    expect(bundles()).not.toContain(first);
  });

  it('may be built by several starts at once', async () => {
    const said = await project.runAtOnce(4);

    expect(said).toEqual(Array(4).fill('one\n'));
    const built = bundles().length;
    expect(project.run().stdout).toBe('one\n');
    expect(bundles()).toHaveLength(built);
  });

  it('hands arguments and standard input on, and keeps the exit code', () => {
    project.write(
      'cli/main.ts',
      'const read: string[] = [];\nfor await (const chunk of process.stdin) read.push(String(chunk));\n' +
        "console.log(process.argv.slice(2).join(' '), read.join(''));\nprocess.exitCode = 6;\n",
    );
    for (const asNode of [process.versions.node, '20.20.2']) {
      const { stdout, status } = project.run(['status', '--watch'], { asNode, input: 'typed' });

      expect([stdout, status]).toEqual(['status --watch typed\n', 6]);
    }
  });

  it('gives the number of a signal that ended the command', () => {
    project.write('cli/main.ts', "process.kill(process.pid, 'SIGTERM');\nsetInterval(() => {}, 1000);\n");

    expect(project.run([]).signal).toBe('SIGTERM');
    expect(project.run([], { asNode: '20.20.2' }).status).toBe(143);
  });
});

describe('without a bundle', () => {
  let project: GivenProject | undefined;

  afterEach(() => project?.remove());

  it('the command runs from its sources where nobody may write', () => {
    project = givenProject();
    project.write('cli/main.ts', "const word: string = 'from the sources';\nconsole.log(word);\n");
    writeFileSync(join(project.folder, 'node_modules/.cache'), 'a file: no folder can be made here');

    const { stdout, stderr, loaded } = project.run();

    expect([stdout, stderr]).toEqual(['from the sources\n', '']);
    expect(loaded).toContain(join(project.folder, 'cli/main.ts'));
  });

  it('the command runs from its sources without esbuild', () => {
    project = givenProject({ withEsbuild: false });
    project.write('cli/main.ts', "const word: string = 'from the sources';\nconsole.log(word);\n");

    const { stdout, stderr, starts } = project.run();

    expect([stdout, stderr, starts]).toEqual(['from the sources\n', '', 1]);
  });

  it('Node says where the syntax of a source is wrong, and the next start after the repair is a bundle', () => {
    project = givenProject();
    project.write('cli/main.ts', 'const word: string = ;\n');
    const broken = project.run();
    project.write('cli/main.ts', "const word: string = 'mended';\nconsole.log(word);\n");
    const mended = project.run();

    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain('cli/main.ts:1');
    expect(mended.stdout).toBe('mended\n');
    expect(mended.loaded.some((path) => path.endsWith('main.ts'))).toBe(false);
  });
});
