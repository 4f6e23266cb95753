/** `npm run histories`: set-up, then random histories on Node 24 (see play-histories.ts). */
import { launch, projectRoot } from './launch.mjs';
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  launch('scripts/play-histories.ts', process.argv.slice(2), { cwd: projectRoot });
}
