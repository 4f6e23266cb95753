#!/usr/bin/env node
/** The `rollgate` command: plain JavaScript, so that any Node can run it; the rest runs on the project's Node 24. */
import { existsSync } from 'node:fs';
import { launch, node24 } from '../scripts/launch.mjs';

if (existsSync(node24)) {
  launch('cli/main.ts', process.argv.slice(2));
} else {
  process.stderr.write('error: the npm packages of Rollgate are not installed\nnext: npm start (or npm ci)\n');
  process.exitCode = 1;
}
