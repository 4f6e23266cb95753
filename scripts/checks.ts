import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePrograms, type NeededProgram } from './debian-packages.ts';
import { runProgram } from './run-program.ts';

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Skipped, on a visible line, where this program is not to be had. */
  readonly needs?: NeededProgram;
}

const skippedFolders = new Set(['node_modules', '.git', '.rollgate', '.serverless', 'dist', 'coverage']);

/**
 * Runs every check, also after one that failed: format and lint, types, import direction, unused code, shell scripts, the state
 * machine definition. Prints what each found; returns the names of those that failed.
 */
export async function runChecks(
  projectRoot: string,
  print: (line: string) => void = console.log,
  niceness = 0,
): Promise<readonly string[]> {
  const missing = await ensurePrograms(['shellcheck', 'shfmt']);
  // `#!/usr/bin/env node` of the tools must find the Node 24 that runs this program.
  const bin = join(projectRoot, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const failed: string[] = [];
  for (const check of checksOf(bin, shellScripts(projectRoot))) {
    if (check.needs !== undefined && missing.includes(check.needs)) {
      print(`check: ${check.name} SKIPPED: ${check.needs} is not installed`);
      continue;
    }
    const { code, output } = await runProgram(check.command, check.args, {
      isCaptured: true,
      cwd: projectRoot,
      env,
      niceness,
    });
    // What a check had to leave out stays visible.
    const shown = output.split('\n').filter((line) => code !== 0 || line.startsWith('check: '));
    for (const line of shown) print(line);
    if (code !== 0) failed.push(check.name);
    print(`check: ${check.name} ${code === 0 ? 'passed' : `FAILED (exit ${code})`}`);
  }
  return failed;
}

function checksOf(bin: string, scripts: readonly string[]): readonly Check[] {
  return [
    { name: 'format and lint', command: join(bin, 'biome'), args: ['check', '--error-on-warnings', '.'] },
    { name: 'types', command: join(bin, 'tsc'), args: ['--noEmit'] },
    { name: 'import direction', command: process.execPath, args: ['scripts/check-imports.ts'] },
    { name: 'unused code', command: join(bin, 'knip'), args: ['--no-progress'] },
    { name: 'shell lint', needs: 'shellcheck', command: 'shellcheck', args: ['--external-sources', ...scripts] },
    { name: 'shell format', needs: 'shfmt', command: 'shfmt', args: ['--diff', ...scripts] },
    {
      name: 'state machine definition',
      command: join(bin, 'asl-validator'),
      args: ['validate', '--json-path', 'state-machine/rollout.asl.json'],
    },
    { name: 'stack', command: process.execPath, args: ['scripts/check-stack.ts'] },
  ];
}

/** Every shell script of the project, also those without the ending `.sh`. */
function shellScripts(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return skippedFolders.has(entry.name) ? [] : shellScripts(path);
    }
    return entry.name.endsWith('.sh') || path.endsWith(join('.ci', 'run')) ? [path] : [];
  });
}
