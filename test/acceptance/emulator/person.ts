import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../../scripts/run-program.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** What a person types, with an environment that knows nothing but this account. Each throws where its program fails. */
export interface Person {
  /** AWS's own command line; its output. */
  aws(...args: readonly string[]): Promise<string>;
  rollgate(...args: readonly string[]): Promise<string>;
  /** Lines for a shell, such as a program prints them to be typed; `variables` is what was read before. */
  shell(lines: readonly string[], variables: Readonly<Record<string, string>>): Promise<string>;
  /** A file to hand to one of the two; its path. */
  file(name: string, content: Uint8Array | string): string;
}

export function createPerson(options: {
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of `aws`. */
  readonly bin: string;
  /** For files. */
  readonly folder: string;
}): Person {
  const run = async (
    command: string,
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const env = { ...options.environment, ...variables };
    const { code, output } = await runProgram(command, args, { env, isCaptured: true });
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
    return output.trim();
  };
  return {
    aws: (...args) => run(join(options.bin, 'aws'), [...args, '--output', 'text']),
    rollgate: (...args) => run(process.execPath, [join(repository, 'cli', 'rollgate.mjs'), ...args]),
    shell: (lines, variables) => {
      const path = `${options.bin}:${options.environment['PATH']}`;
      return run('sh', ['-ec', lines.join('\n')], { ...variables, PATH: path });
    },
    file(name, content) {
      const path = join(options.folder, name);
      writeFileSync(path, content);
      return path;
    },
  };
}
