import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagedStackFolder } from '../../../scripts/packaged-stack.ts';

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

/** What `osls package` makes of the stack, once a run. */
export async function packagedStack(): Promise<PackagedStack> {
  const folder = await packagedStackFolder();
  const names = readdirSync(folder);
  const read = (name: string) => readFileSync(join(folder, name));
  return {
    template: JSON.parse(read('cloudformation-template-update-stack.json').toString('utf8')),
    zips: Object.fromEntries(names.filter((name) => name.endsWith('.zip')).map((name) => [name, read(name)])),
  };
}
