#!/usr/bin/env node
/**
 * The `rollgate` command: plain JavaScript, so that any Node can start it. It runs the bundle of the command in this very
 * process if this Node is new enough, else it starts itself once more on the project's Node 24.
 */
import { existsSync } from 'node:fs';
import { launch, node24 } from '../scripts/launch.mjs';
import { canRunBundle, oldestNode } from './bundle/oldest-node.mjs';

if (canRunBundle(process.versions.node)) {
  const { runCommand } = await import('./bundle/run-command.mjs');
  await runCommand();
} else if (existsSync(node24)) {
  launch('cli/rollgate.mjs', process.argv.slice(2));
} else {
  process.stderr.write(
    `error: Node ${process.versions.node} is too old for the command, and Node 24 of the npm packages of Rollgate is not installed\n` +
      `next: npm start (or npm ci), or install Node ${oldestNode.join('.')} or newer\n`,
  );
  process.exitCode = 1;
}
