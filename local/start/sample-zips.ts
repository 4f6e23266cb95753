import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeArtifact } from '../../samples/make-zip.ts';
import { variantNames } from '../../samples/variants.ts';

/** Writes `payment-<variant>.zip` of every variant of the sample service, ready to be deployed. */
export async function writeSampleZips(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const variant of variantNames) {
    await writeFile(join(folder, `payment-${variant}.zip`), await makeArtifact(variant));
  }
}
