/** One source file; `imports` are paths from the project's root for our own files, else package names. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** What each layer may import of ours: folders, or single files. `scripts` and `test` may import everything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ['core/'],
  clients: ['clients/', 'core/'],
  ledger: ['ledger/', 'clients/ports.ts', 'core/'],
  functions: ['functions/', 'ledger/', 'clients/', 'core/'],
  cli: ['cli/', 'ledger/', 'clients/', 'core/', 'local/rpc/', 'scripts/launch.mjs'],
  local: ['local/', 'cli/', 'functions/', 'infra/', 'samples/', 'ledger/', 'clients/', 'core/'],
  infra: ['infra/', 'clients/aws/deployed-buckets.ts', 'core/'],
};

/** Packages that core may use: pure ones, of bytes and text in memory. Of Node only hashes and checksums. */
const purePackages: readonly string[] = ['zod', 'yaml', 'yauzl', 'node:crypto', 'node:zlib'];

/** What would make core depend on when and where it runs. */
const impure: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\bDate\.now\(/, 'reads the clock'],
  [/\bnew Date\(\s*\)/, 'reads the clock'],
  [/\bperformance\.now\(/, 'reads the clock'],
  [/\bMath\.random\(/, 'is random'],
  [/\brandomUUID\b|\brandomBytes\b/, 'is random'],
  [/\bprocess\./, 'reads the environment'],
  [/\bset(?:Timeout|Interval|Immediate)\(/, 'waits'],
  [/\bconsole\./, 'prints'],
  [/\bfetch\(/, 'does I/O'],
];

/** Every module named in an import, export-from or dynamic import of this text. */
export function findImports(text: string): readonly string[] {
  const code = withoutComments(text);
  const found = [
    ...code.matchAll(/^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return found.flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}

/** `path: sentence` for each import that runs the wrong way. */
export function importProblems(file: SourceFile): readonly string[] {
  const layer = file.path.split('/')[0] ?? '';
  return file.imports.flatMap((target) => {
    if (target.startsWith('@aws-sdk/') && layer !== 'clients' && layer !== 'test') {
      return [`${file.path}: imports ${target}; only clients/ may import an AWS SDK`];
    }
    const isPackage = !/^[\w.-]+\/.*\.(?:ts|mjs|json)$/.test(target);
    if (isPackage) {
      const isPure = purePackages.some((name) => target === name || target.startsWith(`${name}/`));
      return layer === 'core' && !isPure
        ? [`${file.path}: imports ${target}; core may import only ${purePackages.join(', ')}`]
        : [];
    }
    const mayImport = allowed[layer];
    const isAllowed = mayImport === undefined || mayImport.some((prefix) => target.startsWith(prefix));
    return isAllowed ? [] : [`${file.path}: imports ${target}; ${layer}/ may import only ${mayImport.join(', ')}`];
  });
}

/** `path:line: sentence` for each place where core looks at the world. */
export function purityProblems(file: SourceFile): readonly string[] {
  if (!file.path.startsWith('core/')) {
    return [];
  }
  const lines = withoutComments(file.text).split('\n');
  return lines.flatMap((line, index) =>
    impure
      .filter(([pattern]) => pattern.test(line))
      .map(([, what]) => `${file.path}:${index + 1}: ${what}; core takes such facts as arguments`),
  );
}

/** Comments blanked, line breaks kept; strings that hold `//` (addresses) stay whole. */
function withoutComments(text: string): string {
  return text.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match, literal: string | undefined) => literal ?? match.replace(/[^\n]/g, ' '),
  );
}
