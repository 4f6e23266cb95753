import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { discardHosts } from '../../../local/hosts/fleet.ts';
import { sharedStagePrefix } from './stage-names.ts';

const stateFolder = join(import.meta.dirname, '..', '..', '..', '.rollgate');

/**
 * Vitest does this after all tests of the project, also after Ctrl-C: the last file of a worker hands its stage on to
 * nobody, and the worker is then killed, so its hosts are stopped here.
 */
export async function teardown(): Promise<void> {
  const names = existsSync(stateFolder) ? readdirSync(stateFolder) : [];
  for (const name of names.filter((each) => each.startsWith(sharedStagePrefix))) {
    await discardHosts(join(stateFolder, name));
  }
}
