import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { ZipFile } from 'yazl';
import { isVariant, type Variant, variantNames, variants } from './variants.ts';

const baseFolder = join(import.meta.dirname, 'payment');
const overlaysFolder = join(import.meta.dirname, 'payment-variants');

/** Every entry carries this time, so that equal content makes equal bytes. Local: the zip's own field has no time zone. */
const entryTime = new Date(2026, 0, 1);

export interface ArtifactOptions {
  /** What the build calls itself instead of its own version: makes further working builds of a variant. */
  readonly version?: string;
}

/**
 * The bytes of `payment.zip` for one variant; the same bytes each time. Throws a RangeError for a variant that there is not,
 * or a `version` where the variant has none to replace.
 */
export async function makeArtifact(variant: string = 'v1', options: ArtifactOptions = {}): Promise<Buffer> {
  if (!isVariant(variant)) {
    throw new RangeError(`there is no variant ${JSON.stringify(variant)}; the variants are ${variantNames.join(', ')}`);
  }
  const files = await filesOf(variant);
  if (options.version !== undefined)
    files.set('version.py', withVersion(variant, files.get('version.py'), options.version));

  const zip = new ZipFile();
  for (const path of [...files.keys()].sort()) {
    const content = files.get(path);
    if (content === undefined) continue;
    zip.addBuffer(content, path, { mtime: entryTime, mode: 0o100644, forceDosTimestamp: true });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** Path inside the zip and content: the base with the files of the variant laid over it. */
async function filesOf(variant: Variant): Promise<Map<string, Buffer>> {
  const files = await readTree(baseFolder);
  if (variant === 'v1') return files;
  for (const [path, content] of await readTree(join(overlaysFolder, variant))) files.set(path, content);
  return files;
}

async function readTree(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.split(sep).includes('__pycache__'));
  const read = paths.map(async (path) => [relative(folder, path).split(sep).join('/'), await readFile(path)] as const);
  return new Map(await Promise.all(read));
}

function withVersion(variant: Variant, file: Buffer | undefined, version: string): Buffer {
  if (!/^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$/.test(version)) {
    throw new RangeError(`${JSON.stringify(version)} is no version: use letters, digits, dots, plus and minus`);
  }
  const line = /^VERSION = "[^"]*"$/m;
  const text = file?.toString('utf8') ?? '';
  if (!line.test(text)) throw new RangeError(`the variant ${variant} has no version of its own to replace`);
  return Buffer.from(text.replace(line, `VERSION = "${version}"`));
}

function help(): string {
  const width = Math.max(...variantNames.map((name) => name.length));
  return [
    'Makes payment.zip of the sample payment service.',
    '',
    'usage: node samples/make-zip.ts [variant] [--out payment.zip] [--version 2.1]',
    '',
    '  --out FILE       where to write it (payment.zip)',
    '  --version TEXT   what the build calls itself instead of its own version',
    '  --help           this text',
    '',
    'variants:',
    ...variantNames.map((name) => `  ${name.padEnd(width)}  ${variants[name]}`),
    '',
  ].join('\n');
}

/** What the command line does: returns the exit code. 2 is for a request that cannot be met. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, version: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      process.stdout.write(help());
      return 0;
    }
    if (positionals.length > 1) throw new RangeError('name one variant at a time');
    const variant = positionals[0] ?? 'v1';
    const out = values.out ?? 'payment.zip';
    const bytes = await makeArtifact(variant, values.version === undefined ? {} : { version: values.version });
    await writeFile(out, bytes);
    process.stdout.write(`${out}: ${variant}, ${bytes.length} bytes\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    process.stderr.write(`error: ${error.message}\nsee --help for the variants and options\n`);
    return 2;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
