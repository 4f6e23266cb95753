import { CommanderError } from 'commander';
import type { StageAddress } from '../clients/stage-address.ts';
import { CliError } from './cli-error.ts';
import { buildProgram, type Session } from './command-line.ts';
import { printLines } from './print.ts';
import { reportError } from './report-error.ts';
import type { World } from './world.ts';

/** The exit code of a command that was typed wrong. */
const usageExitCode = 2;

/** The stage is not there, or this caller may not or can not reach it. */
const unreachableExitCode = 2;

/** Runs one command line (`argv` without program names) and returns its exit code. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  let exitCode = 0;
  const session: Session = { world, address: undefined };
  const program = buildProgram(session, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : usageExitCode;
    }
    const { commandName, stageOptions } = session.world;
    const report = reportError(await explained(error, session.address), {
      isVerbose: argv.includes('--verbose'),
      commandName,
      stageOptions,
    });
    printLines(world.stderr, report.lines);
    return report.exitCode;
  }
}

/** The error, or what it means for a person if it is one of access to a stage on AWS. */
async function explained(error: unknown, address: StageAddress | undefined): Promise<unknown> {
  if (address === undefined) {
    return error;
  }
  const { explainAccess } = await import('../clients/aws/stage-access.ts');
  const told = explainAccess(error, address);
  return told === undefined ? error : new CliError(told.message, told.nextStep, unreachableExitCode, { cause: error });
}
