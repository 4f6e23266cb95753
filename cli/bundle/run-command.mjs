import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, node24, projectRoot } from '../../scripts/launch.mjs';
import { freshBundle } from './fresh-bundle.mjs';

/**
 * Runs the command in this process: from its bundle, which is built first if there is none of the sources as they are now.
 *
 * If no bundle can be had, the command runs from its sources. That is so in a folder that this person may not write to,
 * without esbuild, and with an error in the syntax of a source: Node then says where the error is.
 */
export async function runCommand() {
  const folder = freshBundle(projectRoot) ?? (await buildOrNothing());
  if (folder !== undefined) {
    await runBundle(folder);
  } else if (!isInstalled()) {
    process.stderr.write('error: the npm packages of Rollgate are not installed\nnext: npm start (or npm ci)\n');
    process.exitCode = 1;
  } else if (process.features.typescript || !existsSync(node24)) {
    await import('../main.ts');
  } else {
    launch('cli/main.ts', process.argv.slice(2));
  }
}

async function runBundle(folder) {
  // What V8 made of the bundle at an earlier start.
  enableCompileCache(join(folder, 'compile-cache'));
  // Reading the maps costs as much as the command itself; stacks are printed with --verbose alone.
  if (process.argv.includes('--verbose')) {
    process.setSourceMapsEnabled(true);
  }
  await import(pathToFileURL(join(folder, 'main.mjs')).href);
}

async function buildOrNothing() {
  try {
    const { buildBundle } = await import('./build-bundle.mjs');
    return await buildBundle(projectRoot);
  } catch {
    return undefined;
  }
}

function isInstalled() {
  try {
    return import.meta.resolve('commander') !== '';
  } catch {
    return false;
  }
}
