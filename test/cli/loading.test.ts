import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Packages of the SDK that are loaded after this program. */
async function sdkLoadedBy(program: string): Promise<readonly string[]> {
  const list = `${program}; const loaded = Object.keys(require.cache).filter((path) => path.includes('@aws-sdk'));`;
  const script = `(async () => { ${list} console.log(JSON.stringify(loaded)); })()`;
  const { stdout } = await run(process.execPath, ['--eval', script], { cwd: process.cwd() });
  return JSON.parse(stdout) as readonly string[];
}

it('loads the AWS SDK for a stage on AWS alone: it takes longer than all the rest', async () => {
  expect(await sdkLoadedBy("await import('./cli/real-world.ts'); await import('./cli/program.ts')")).toEqual([]);
  expect(await sdkLoadedBy("await import('./clients/aws/stage-directory.ts')")).not.toEqual([]);
});

it('ends quietly where its reader has left', async () => {
  const { stderr, stdout } = await run('bash', [
    '-c',
    `'${process.execPath}' cli/main.ts deploy --help | true; echo "ended"`,
  ]);

  expect(stderr).toBe('');
  expect(stdout).toBe('ended\n');
});
