import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hashOf, stampOf } from './fresh-bundle.mjs';

/** Two changes of a file within this time may bear the same time: file systems count in steps, the coarsest of 2 s. */
const coarsestStepMilliseconds = 2000;

/** The files that a bundle is made of: reads them, and notes how each was when it was read. */
export function createInputs(root) {
  const noted = new Map();

  /** The content; a change that comes after it was read changes the stamp, which is taken before. */
  function read(path) {
    const stamp = isSettled(path) ? stampOf(path) : null;
    const content = readFileSync(path);
    noted.set(relative(root, path), [stamp, hashOf(content)]);
    return content;
  }

  return {
    read,
    /** What `current.json` says of them. */
    entries: () => [...noted].map(([path, [stamp, hash]]) => [path, stamp, hash]),
    /** Notes what esbuild read by itself: of a package its package.json, which npm replaces with each version. */
    noteAll(paths) {
      for (const path of new Set(paths.map((each) => manifestOf(each) ?? each))) {
        if (!noted.has(path)) {
          read(resolve(root, path));
        }
      }
    },
  };
}

function isSettled(path) {
  const { mtimeMs, ctimeMs } = statSync(path);
  return Math.max(mtimeMs, ctimeMs) < Date.now() - coarsestStepMilliseconds;
}

function manifestOf(path) {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? [];
  return folder === undefined ? undefined : `${folder}/package.json`;
}

/** A plugin of esbuild: the sources of the project are read by `inputs`, and know where they are although they move. */
export function sourcesPlugin(root, inputs) {
  return {
    name: 'sources',
    setup({ onLoad }) {
      onLoad({ filter: /\.(?:ts|mjs|json)$/, namespace: 'file' }, ({ path }) => {
        if (relative(root, path).includes('node_modules')) {
          return undefined;
        }
        const text = inputs.read(path).toString('utf8');
        return { contents: withOwnPlace(text, path), loader: extname(path) === '.mjs' ? 'js' : extname(path).slice(1) };
      });
    },
  };
}

function withOwnPlace(text, path) {
  const places = { dirname: dirname(path), filename: path, url: pathToFileURL(path).href };
  return text.replace(/\bimport\.meta\.(dirname|filename|url)\b/g, (_whole, name) => JSON.stringify(places[name]));
}
