/** `npm start`: set-up, then the program itself on Node 24. */
import { launch, projectRoot } from './launch.mjs';
import { setUp } from './set-up.mjs';

process.exitCode = await setUp();
if (process.exitCode === 0) {
  launch('local/start.ts', process.argv.slice(2), { cwd: projectRoot });
}
