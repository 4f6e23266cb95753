import { runCli } from './program.ts';
import { realWorld } from './real-world.ts';

process.exitCode = await runCli(process.argv.slice(2), realWorld());
