import { Command, InvalidArgumentError } from 'commander';
import type { StageAddress } from '../clients/stage-address.ts';
import type { ConfigureOptions } from './commands/configure.ts';
import type { DriftOptions } from './commands/drift.ts';
import type { HistoryOptions } from './commands/history.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { RerunOptions } from './commands/rerun.ts';
import type { RollbackOptions } from './commands/rollback.ts';
import type { SaidVerb, SayOptions } from './commands/say.ts';
import type { StatusOptions } from './commands/status.ts';
import { localStageName } from './connect.ts';
import type { DeployOptions } from './deploy-options.ts';
import { nextLine } from './print.ts';
import type { SpeakOptions } from './speak.ts';
import { addStageOptions, stageOptionsTyped } from './stage-options.ts';
import type { StartOptions } from './start-again.ts';
import type { CommonOptions, World } from './world.ts';

/** One run: the world, and the stage on AWS that the command turned out to be about. */
export interface Session {
  world: World;
  address: StageAddress | undefined;
}

/** The verbs, each with what it does to a running deployment. */
const verbDescriptions: Readonly<Record<SaidVerb, string>> = {
  halt: 'stop the running deployment at once and put its hosts back',
  pause: 'start no further host of the running deployment until resume',
  approve: 'let the running deployment go on where it waits for approval',
};

/**
 * The commands with their options and their help. The module of a command is loaded when that command runs: help and a
 * command line that is typed wrong load none.
 */
export function buildProgram(session: Session, exit: (code: number) => void): Command {
  const { world } = session;
  const program = new Command('rollgate')
    .description('Deploys a service host by host behind a health gate, and takes it back when it fails.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: (text, write) => write(`${text.trimEnd()}\n${nextLine('rollgate --help', world)}\n`),
      getOutHelpWidth: () => world.stdout.size().columns,
      getErrHelpWidth: () => world.stderr.size().columns,
      getOutHasColors: () => world.stdout.hasColour,
      getErrHasColors: () => world.stderr.hasColour,
    })
    // Every command takes options: saying so on each line would leave no room for what it does.
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map((argument) => `[${argument.name()}]`)].join(' '),
    })
    .addHelpText('after', exitCodeHelp)
    .enablePositionalOptions()
    .hook('preAction', (_program, command) => {
      const options = command.opts<CommonOptions>();
      session.world = { ...world, stageOptions: stageOptionsTyped(command) };
      session.address = options.stage === localStageName ? undefined : options;
    });

  common(program.command('deploy [zip]'))
    .description('deploy a zip, a release, the configuration alone, or (with none of them) the newest upload')
    .option('--release <name>', 'an existing release, such as v41')
    .option('--version-id <id>', 'an upload that need not be the newest, by its S3 version id')
    .option(
      '--config-only',
      'the artifact of the stable release with the configuration; brings rotated secrets too',
      false,
    )
    .option('--hosts <ids>', 'only these hosts, instance ids separated by commas; stable does not move', listOfIds)
    .option('--reason <text>', 'goes into the record')
    .option('--config <file>', 'the configuration to publish (default: services/<service>.yml)')
    .option('--dry-run', 'only say what would be done', false)
    .option('--no-wait', 'do not follow the deployment')
    .action(async (zip: string | undefined, options: DeployOptions) =>
      exit(await (await import('./commands/deploy.ts')).deploy(session.world, zip, options)),
    );
  common(program.command('plan [zip]'))
    .description('what deploy would do; changes nothing')
    .option('--config-only', 'the artifact of the stable release with the configuration', false)
    .option('--hosts <ids>', 'only these hosts', listOfIds)
    .option('--config <file>', 'the configuration to plan with (default: services/<service>.yml)')
    .action(async (zip: string | undefined, options: PlanOptions) =>
      exit(await (await import('./commands/plan.ts')).plan(session.world, zip, options)),
    );
  common(program.command('configure'))
    .description('put the configuration in force without deploying')
    .option('--config <file>', 'the configuration to publish (default: services/<service>.yml)')
    .option('--dry-run', 'only say what would change', false)
    .action(async (options: ConfigureOptions) =>
      exit(await (await import('./commands/configure.ts')).configure(session.world, options)),
    );
  common(program.command('doctor'))
    .description('is everything there that a deployment needs, and what to type where it is not')
    .action(async (options: CommonOptions) =>
      exit(await (await import('./commands/doctor.ts')).doctor(session.world, options)),
    );
  common(program.command('status [deployment]'))
    .description('the target and its running or last deployment, or one deployment')
    .option('--watch', 'follow it to its end, and exit with its exit code', false)
    .action(async (id: string | undefined, options: StatusOptions) =>
      exit(await (await import('./commands/status.ts')).status(session.world, id, options)),
    );
  common(program.command('explain [deployment] [host]'))
    .description('what failed, why and what to do (default: the last that failed); with a host all that was seen there')
    .action(async (id: string | undefined, host: string | undefined, options: CommonOptions) =>
      exit(await (await import('./commands/explain.ts')).explain(session.world, id, host, options)),
    );
  common(program.command('drift'))
    .description('what hosts run otherwise than the ledger says, and what was changed on them by hand; repairs nothing')
    .option('--hosts <ids>', 'only these hosts', listOfIds)
    .action(async (options: DriftOptions) =>
      exit(await (await import('./commands/drift.ts')).drift(session.world, options)),
    );
  common(program.command('history'))
    .description('the deployments, newest first')
    .option('--limit <count>', 'how many', wholeNumber, 20)
    .action(async (options: HistoryOptions) =>
      exit(await (await import('./commands/history.ts')).history(session.world, options)),
    );
  common(program.command('releases'))
    .description('the releases, and which is stable')
    .action(async (options: CommonOptions) =>
      exit(await (await import('./commands/history.ts')).releases(session.world, options)),
    );
  common(program.command('rollback'))
    .description('go back to the stable release before this one; halts a running rollout first')
    .option('--to <name>', 'a release, such as v41')
    .option('--through-freeze', 'also where the target is frozen; the record says so')
    .option('--reason <text>', 'goes into the record')
    .action(async (options: RollbackOptions) =>
      exit(await (await import('./commands/rollback.ts')).rollback(session.world, options)),
    );
  common(program.command('rerun [deployment]'))
    .description('the same input again as a new deployment (default: the last one that was no dry run)')
    .option('--reason <text>', 'goes into the record')
    .action(async (id: string | undefined, options: RerunOptions) =>
      exit(await (await import('./commands/rerun.ts')).rerun(session.world, id, options)),
    );
  for (const verb of ['halt', 'pause', 'approve'] as const) {
    const command = common(program.command(`${verb} [deployment]`))
      .description(verbDescriptions[verb])
      .option('--reason <text>', 'goes into the record')
      .action(async (id: string | undefined, options: SayOptions) =>
        exit(await (await import('./commands/say.ts')).say(session.world, verb, id, options)),
      );
    if (verb === 'halt') {
      command.option('--keep', 'leave the hosts as they are instead of putting them back', false);
    }
  }
  starting(common(program.command('resume [deployment]')))
    .description('go on: after a pause, after a fault that was not of the release, or with a deployment that has ended')
    .action(async (id: string | undefined, options: StartOptions) =>
      exit(await (await import('./commands/resume.ts')).resume(session.world, id, options)),
    );
  common(program.command('skip [host] [deployment]'))
    .description('leave a host out of the running deployment from now on; one that is being tried goes back')
    .option('--reason <text>', 'goes into the record')
    .action(async (host: string | undefined, id: string | undefined, options: SpeakOptions) =>
      exit(await (await import('./commands/skip.ts')).skip(session.world, [host, id], options)),
    );
  starting(common(program.command('retry [host] [deployment]')))
    .description('try the hosts that failed once more, while it runs or (with its id) after its end')
    .action(async (host: string | undefined, id: string | undefined, options: StartOptions) =>
      exit(await (await import('./commands/retry.ts')).retry(session.world, [host, id], options)),
    );
  common(program.command('freeze'))
    .description('take no deployment until unfreeze; what runs goes on')
    .option('--reason <text>', 'why; goes into the record and to everybody who is refused')
    .action(async (options: SpeakOptions) =>
      exit(await (await import('./commands/freeze.ts')).freeze(session.world, options)),
    );
  common(program.command('unfreeze'))
    .description('take deployments again')
    .option('--reason <text>', 'goes into the record')
    .action(async (options: SpeakOptions) =>
      exit(await (await import('./commands/freeze.ts')).unfreeze(session.world, options)),
    );
  common(program.command('unlock'))
    .description('repair at once what holds the lock and is dead; the repair frees it')
    .option('--reason <text>', 'goes into the record')
    .action(async (options: SpeakOptions) =>
      exit(await (await import('./commands/unlock.ts')).unlock(session.world, options)),
    );
  return program;
}

function common(command: Command): Command {
  return addStageOptions(command)
    .option('--json', 'the same as JSON', false)
    .option('--verbose', 'with an error, where it came from', false);
}

/** What also starts deployments. */
function starting(command: Command): Command {
  return command
    .option('--reason <text>', 'goes into the record')
    .option('--no-wait', 'do not follow the deployment that it starts');
}

const exitCodeHelp = `
Exit codes: 0 as asked, 1 turned back or failed, 2 input, configuration or target wrong (nothing was touched),
3 frozen or locked, 4 superseded, 5 halted, 6 a host could not be put back, 7 the lock was lost, 130 Ctrl-C.`;

function listOfIds(text: string): readonly string[] {
  const ids = text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids.length === 0) {
    throw new InvalidArgumentError('Give instance ids separated by commas.');
  }
  return ids;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError('Give a whole number of at least 1.');
  }
  return number;
}
