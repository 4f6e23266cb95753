import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writeAtomically } from '../atomic-file.ts';
import { RunCommandError } from './run-command-error.ts';
import { parseSsmDocument, type SsmDocument } from './ssm-document.ts';

/** The documents that SSM knows, with their versions: content that changes becomes a new version, old ones stay. */
export interface DocumentStore {
  /** `version` is `$LATEST`, `$DEFAULT` (here the same) or a number. Throws `InvalidDocument`, `InvalidDocumentVersion`. */
  get(name: string, version: string): { readonly document: SsmDocument; readonly version: string };
  /** Content that differs from the newest becomes a new version, which is the default from then on. Throws as the parser does. */
  put(name: string, content: string): void;
  /** Takes the document away with all its versions. */
  remove(name: string): void;
}

const storedSchema = z.record(z.string(), z.array(z.string()));

/**
 * Takes in the documents as they are now. With a `stateDir` the versions live on in `documents.json`, so that a
 * deployment that pinned a version before the engine was started anew still finds it.
 */
export function createDocumentStore(
  contents: Readonly<Record<string, string>>,
  stateDir: string | undefined,
): DocumentStore {
  const path = stateDir === undefined ? undefined : join(stateDir, 'documents.json');
  const known = path === undefined ? undefined : readTextIfThere(path);
  const versions = new Map(Object.entries(known === undefined ? {} : storedSchema.parse(JSON.parse(known))));
  const current = new Set<string>();
  const parsed = new Map<string, SsmDocument>();
  const keep = (): void => {
    if (path !== undefined) writeAtomically(path, JSON.stringify(Object.fromEntries(versions)));
  };
  const take = (name: string, content: string): void => {
    parseSsmDocument(name, content);
    const earlier = versions.get(name) ?? [];
    if (earlier.at(-1) !== content) versions.set(name, [...earlier, content]);
    current.add(name);
  };
  for (const [name, content] of Object.entries(contents)) take(name, content);
  keep();

  return {
    get(name, version) {
      const contentsOfName = current.has(name) ? versions.get(name) : undefined;
      if (contentsOfName === undefined)
        throw new RunCommandError('InvalidDocument', `Document ${name} does not exist.`);
      const isNewest = version === '$LATEST' || version === '$DEFAULT';
      const number = isNewest ? contentsOfName.length : /^[1-9][0-9]*$/.test(version) ? Number(version) : 0;
      const content = contentsOfName[number - 1];
      if (content === undefined) {
        throw new RunCommandError('InvalidDocumentVersion', `Document ${name} has no version ${version}.`);
      }
      const id = `${name}:${number}`;
      const document = parsed.get(id) ?? parseSsmDocument(name, content);
      parsed.set(id, document);
      return { document, version: String(number) };
    },
    put(name, content) {
      take(name, content);
      keep();
    },
    remove(name) {
      current.delete(name);
      versions.delete(name);
      for (const id of parsed.keys()) if (id.startsWith(`${name}:`)) parsed.delete(id);
      keep();
    },
  };
}
