/** `npm run faults`: set-up, then the catalogue of faults on Node 24 (see try-faults.ts). */
import { launch, projectRoot } from './launch.mjs';
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  launch('scripts/try-faults.ts', process.argv.slice(2), { cwd: projectRoot });
}
