import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { bundlesFolder, currentFile } from './fresh-bundle.mjs';
import { createInputs, sourcesPlugin } from './inputs.mjs';
import { oldestNode } from './oldest-node.mjs';

/** A command that runs from a bundle may still load parts of it for so long after another bundle took its place. */
const keptMilliseconds = 24 * 60 * 60 * 1000;

/** What decides on the bundle beside the modules in it. */
const builders = ['build-bundle.mjs', 'inputs.mjs', 'oldest-node.mjs'].map((name) => `cli/bundle/${name}`);

/**
 * Bundles `cli/main.ts` with all that it imports, the packages among it: one entry, and a file for each part that is
 * loaded on demand (a command, the clients of AWS). Returns the folder. Several processes may do so at once: each makes a
 * folder of its own, and `current.json`, which names the last one, is replaced as a whole.
 *
 * Throws if the folder can not be written, and if esbuild finds an error in a source.
 */
export async function buildBundle(root) {
  const name = `${Date.now().toString(36)}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const folder = join(bundlesFolder(root), name);
  mkdirSync(folder, { recursive: true });
  try {
    const inputs = createInputs(root);
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['cli/main.ts'],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: `node${oldestNode.join('.')}`,
      // The ES modules of a package rather than its CommonJS: what nobody uses is left out.
      mainFields: ['module', 'main'],
      sourcemap: true,
      sourcesContent: false,
      legalComments: 'none',
      metafile: true,
      logLevel: 'silent',
      // The sources mean to esbuild what they mean to Node, which reads no tsconfig.json.
      tsconfigRaw: {},
      // What is CommonJS in the bundle requires the modules of Node.
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
      },
      plugins: [sourcesPlugin(root, inputs)],
    });
    const esbuild = relative(root, fileURLToPath(import.meta.resolve('esbuild')));
    const read = Object.keys(metafile.inputs).filter((path) => !/^[\w-]+:|^\(disabled\)/.test(path));
    inputs.noteAll(['package.json', ...builders, esbuild, ...read]);
    makeCurrent(root, name, inputs.entries());
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await stop();
  }
}

function makeCurrent(root, name, inputs) {
  keepForNow(root);
  const aside = join(bundlesFolder(root), name, 'current.json');
  writeFileSync(aside, JSON.stringify({ root, folder: name, inputs }));
  renameSync(aside, currentFile(root));
  for (const other of readdirSync(bundlesFolder(root))) {
    const path = join(bundlesFolder(root), other);
    if (other !== name && path !== currentFile(root) && statSync(path).mtimeMs < Date.now() - keptMilliseconds) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** Marks the bundle that is about to be replaced: its time counts from now. */
function keepForNow(root) {
  try {
    const { folder } = JSON.parse(readFileSync(currentFile(root), 'utf8'));
    utimesSync(join(bundlesFolder(root), folder), new Date(), new Date());
  } catch {
    // There was none.
  }
}
