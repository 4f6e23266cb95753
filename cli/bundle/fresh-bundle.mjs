import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the bundles of a project are, each in a folder of its own that is never changed; `current.json` names the last. */
export const bundlesFolder = (root) => join(root, 'node_modules', '.cache', 'rollgate');

/** What `current.json` holds: `{ root, folder, inputs: [[path, stamp, hash], …] }`, paths from the project's root. */
export const currentFile = (root) => join(bundlesFolder(root), 'current.json');

/**
 * The folder of the bundle that was made of the sources as they are now; undefined if there is none. A file counts as
 * unchanged if its stamp is the same, or its content. The stamp is null if the file changed so shortly before the bundle
 * was made that a later change might bear the same time.
 */
export function freshBundle(root) {
  try {
    const current = JSON.parse(readFileSync(currentFile(root), 'utf8'));
    const folder = join(bundlesFolder(root), current.folder);
    const isFresh =
      current.root === root &&
      existsSync(join(folder, 'main.mjs')) &&
      current.inputs.every(([path, stamp, hash]) => isUnchanged(join(root, path), stamp, hash));
    return isFresh ? folder : undefined;
  } catch {
    // Nothing was built yet, or a file that the bundle was made of is gone.
    return undefined;
  }
}

function isUnchanged(path, stamp, hash) {
  return stampOf(path) === stamp || hashOf(readFileSync(path)) === hash;
}

/** Changes with every change of the file: nobody can set its ctime. Throws if there is no such file. */
export function stampOf(path) {
  const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

/** Node's crypto takes longer to load than all of this; it is needed only if a file was changed. */
export function hashOf(content) {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('base64');
}
