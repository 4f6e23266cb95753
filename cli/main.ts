import { runCli } from './program.ts';
import { realWorld } from './real-world.ts';

endWithReader(process.stdout);
endWithReader(process.stderr);
process.exitCode = await runCli(process.argv.slice(2), realWorld());

/** Who reads may stop reading (`rollgate history | head`): then there is nobody left to tell. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
    process.exit();
  });
}
