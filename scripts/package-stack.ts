import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

const projectRoot = join(import.meta.dirname, '..');

/** The framework refuses to take its own file by a link. */
const files = ['serverless.yml', 'package.json', 'package-lock.json'];
const folders = ['clients', 'core', 'functions', 'infra', 'ledger', 'services', 'state-machine'];

/** The files and folders of the project that the framework reads for the stack, besides npm's packages. */
export const stackSources: readonly string[] = [...files, ...folders];

/**
 * Packages the stack into a new folder, without network and credentials, as `npx osls package` does. The framework works
 * in fixed folders beside serverless.yml; a tree of links of its own keeps it from the package that somebody deploys at
 * the same time. Throws with the framework's own words.
 */
export async function packageStack(folder: string, options: readonly string[] = []): Promise<void> {
  mkdirSync(join(projectRoot, '.rollgate'), { recursive: true });
  const work = mkdtempSync(join(projectRoot, '.rollgate', 'package-'));
  try {
    for (const name of files) {
      copyFileSync(join(projectRoot, name), join(work, name));
    }
    for (const name of [...folders, 'node_modules']) {
      symlinkSync(join(projectRoot, name), join(work, name));
    }
    const osls = join(projectRoot, 'node_modules', 'osls', 'bin', 'serverless.js');
    const args = [osls, 'package', '--stage', 'dev', '--package', folder, ...options];
    const { code, output } = await runProgram(process.execPath, args, {
      isCaptured: true,
      cwd: work,
      env: signedOut(),
    });
    if (code !== 0) {
      throw new Error(`osls package failed (exit ${code}):\n${output.trim()}`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whoever runs this may be signed in to AWS; the package must not depend on it. */
function signedOut(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
}
