/** `npm run check`: set-up, then the checks on Node 24 (see run-checks.ts). */
import { launch, projectRoot } from './launch.mjs';
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  launch('scripts/run-checks.ts', process.argv.slice(2), { cwd: projectRoot });
}
