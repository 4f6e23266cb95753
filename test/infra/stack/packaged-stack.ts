import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBuffer } from 'yauzl';
import { packageStack } from '../../../scripts/package-stack.ts';

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by type, and each test looks at what it knows
  readonly Properties: any;
}

export interface PackagedStack {
  readonly template: {
    readonly Resources: Readonly<Record<string, Resource>>;
    readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Export?: unknown }>>;
  };
  /** Bytes by name: `AdmitDeployment.zip`. */
  readonly zips: Readonly<Record<string, Buffer>>;
}

/** What `osls package` makes of the stack. */
export async function packagedStack(options: readonly string[] = []): Promise<PackagedStack> {
  const folder = mkdtempSync(join(tmpdir(), 'rollgate-package-'));
  try {
    await packageStack(join(folder, 'package'), options);
    const names = readdirSync(join(folder, 'package'));
    const read = (name: string) => readFileSync(join(folder, 'package', name));
    return {
      template: JSON.parse(read('cloudformation-template-update-stack.json').toString('utf8')),
      zips: Object.fromEntries(names.filter((name) => name.endsWith('.zip')).map((name) => [name, read(name)])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Name and unpacked size of each file in a zip. */
export function filesIn(zip: Buffer): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: false }, (error, opened) => {
      if (opened === undefined || error) {
        reject(error);
        return;
      }
      const files: { name: string; bytes: number }[] = [];
      opened.on('entry', (entry) => files.push({ name: entry.fileName, bytes: entry.uncompressedSize }));
      opened.on('end', () => resolve(files));
      opened.on('error', reject);
    });
  });
}
