import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { discardHosts } from '../../local/hosts/fleet.ts';
import { removeTree } from '../../local/hosts/mounts.ts';

/** The engine of a test that was ended gives its hosts up within moments. */
const patienceSeconds = 20;

/** Stops the hosts of every test stage below this folder, and deletes the stages: for a run that was stopped in the middle. */
export async function discardTestHosts(stateFolder: string): Promise<void> {
  const names = existsSync(stateFolder) ? readdirSync(stateFolder).filter((name) => name.startsWith('test-')) : [];
  const end = performance.now() + patienceSeconds * 1000;
  for (const name of names) {
    const folder = join(stateFolder, name);
    for (;;) {
      try {
        await discardHosts(folder);
        await removeTree(folder);
        break;
      } catch (error) {
        if (performance.now() > end) {
          throw error;
        }
        await pause(200);
      }
    }
  }
}
