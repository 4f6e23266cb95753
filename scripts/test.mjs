/** `npm test`: set-up, then checks and tests on Node 24 (see run-tests.ts). */
import { launch, projectRoot } from './launch.mjs';
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  launch('scripts/run-tests.ts', process.argv.slice(2), { cwd: projectRoot });
}
