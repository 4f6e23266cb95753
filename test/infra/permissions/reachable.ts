import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { keyless } from './recorded-calls.ts';

/** Functions of ours, as `ledger/release/releases.ts readRelease`. */
export interface PortCallers {
  /** All that may come to call a port. */
  readonly all: ReadonlySet<string>;
  /** Those that call a port, or the ledger's code that does; the others only hand the ports on. */
  readonly direct: ReadonlySet<string>;
}

/** The port callers in the bundle of this file. More than what runs, never less: what the bundler kept counts. */
export async function reachablePortCallers(entry: string): Promise<PortCallers> {
  const declarations = declarationsOf(await bundleText(entry)).filter(({ path }) => mayHoldPorts(path));
  const callers = new Set(declarations.filter(({ text }) => portCall.test(text)));
  for (let before = -1; before !== callers.size; ) {
    before = callers.size;
    const mention = mentionOf([...callers]);
    for (const declaration of declarations) {
      if (!callers.has(declaration) && mention.test(declaration.text)) callers.add(declaration);
    }
  }
  const mention = mentionOf([...callers].filter(({ path }) => path.startsWith('ledger/')));
  const functions = [...callers].filter(({ isFunction, path }) => isFunction && !keyless.test(path));
  const named = (each: readonly Declaration[]) => new Set(each.map(({ path, name }) => `${path} ${name}`));
  return {
    all: named(functions),
    direct: named(functions.filter(({ text }) => portCall.test(text) || mention.test(bodyOf(text)))),
  };
}

/** Called, or handed on as an argument; a word of a sentence is neither. */
function mentionOf(callers: readonly Declaration[]): RegExp {
  return new RegExp(`(?<![.\\w$])(?:${callers.map(({ printedName }) => printedName).join('|')})(?=[(),;])`);
}

/** Without the line that declares it, which names itself. */
function bodyOf(text: string): string {
  return text.slice(text.indexOf('\n'));
}

/** core/ is pure, which the import rules see to; the runtime hands the ports on. */
function mayHoldPorts(path: string): boolean {
  return /^(?:ledger|functions|cli)\//.test(path) && !/^(?:functions\/runtime|cli\/render)\//.test(path);
}

/** Every method of every port but arnOf, which asks nobody; `ledger` is also what handlers call their one port. */
const portCall =
  /\b(?:ledger\.(?:read|create|replace|put|remove|list)|artifacts\.(?:versions|read|copyToLedger|readCopy|upload)|inventory\.(?:hosts|stateOf)|securityGroups\.ends|commands\.(?:documents?|send|find|invocation|cancel)|executions\.(?:start|describe|stop|taskSucceeded|taskFailed)|balancer\.(?:targetGroup|targets|register|deregister))\(/;

interface Declaration {
  readonly path: string;
  /** As in the bundle. */
  readonly printedName: string;
  /** As in the source. */
  readonly name: string;
  readonly isFunction: boolean;
  readonly text: string;
}

/** esbuild prints `// path` before each file, and what is declared at its top level in the first column. */
function declarationsOf(bundle: string): readonly Declaration[] {
  const declarations: (Declaration & { text: string })[] = [];
  let path = '';
  for (const line of bundle.split('\n')) {
    const file = /^\/\/ (\S+\.ts)$/.exec(line)?.[1];
    if (file !== undefined) {
      path = file;
      continue;
    }
    const [, isFunction, printedName] = /^(?:(?:async )?(function)\*? |var |class )([\w$]+)/.exec(line) ?? [];
    const last = declarations.at(-1);
    if (printedName !== undefined) {
      const name = nameInSource(path, printedName);
      declarations.push({ path, printedName, name, isFunction: isFunction !== undefined, text: line });
    } else if (last !== undefined) {
      last.text += `\n${line}`;
    }
  }
  return declarations;
}

/** The bundler appends a number to a name that occurs in two files. */
function nameInSource(path: string, printedName: string): string {
  if (!mayHoldPorts(path)) return printedName;
  const isThere = new RegExp(`(?:function\\*?|const|class) ${printedName}\\b`).test(sourceOf(path));
  return isThere ? printedName : printedName.replace(/\d+$/, '');
}

const sources = new Map<string, string>();

function sourceOf(path: string): string {
  const source = sources.get(path) ?? readFileSync(path, 'utf8');
  sources.set(path, source);
  return source;
}

async function bundleText(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    treeShaking: true,
    plugins: [
      {
        // What the adapters send is found by replaying the calls; here it is about who calls them.
        name: 'without-adapters',
        setup: ({ onResolve }) => {
          onResolve({ filter: /\/aws\// }, ({ path }) => ({ path, external: true }));
        },
      },
    ],
  });
  return outputFiles.map((file) => file.text).join('\n');
}
