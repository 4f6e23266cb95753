import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../../scripts/run-program.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** The packager as a person uses it, against the emulator. */
export interface Packager {
  /** `osls deploy --stage …`; its output. Throws with the output where it fails. */
  deploy(...options: readonly string[]): Promise<string>;
  /** Deploys again what the last `deploy` has packaged, as where one machine packages and another deploys. */
  deployPackaged(...options: readonly string[]): Promise<string>;
  remove(): Promise<string>;
}

/** `folder` keeps what was packaged: the framework throws its own away when the stack is removed. */
export function createPackager(environment: Readonly<Record<string, string>>, stage: string, folder: string): Packager {
  const kept = join(folder, 'package');
  const run = async (...args: readonly string[]): Promise<string> => {
    const osls = join(repository, 'node_modules', '.bin', 'osls');
    const argv = [osls, ...args, '--stage', stage];
    const { code, output } = await runProgram(process.execPath, argv, {
      cwd: repository,
      env: environment,
      isCaptured: true,
    });
    if (code !== 0) throw new Error(`osls ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  };
  return {
    async deploy(...options) {
      const output = await run('deploy', ...options);
      cpSync(join(repository, '.serverless'), kept, { recursive: true });
      return output;
    },
    deployPackaged: (...options) => run('deploy', '--package', kept, ...options),
    remove: () => run('remove'),
  };
}
