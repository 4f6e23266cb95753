/** `npm run check`, after set-up. */
import { dirname } from 'node:path';
import { runChecks } from './checks.ts';

process.exitCode = (await runChecks(dirname(import.meta.dirname))).length === 0 ? 0 : 1;
