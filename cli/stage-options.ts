import { type Command, InvalidArgumentError, Option } from 'commander';
import { isSpelled, patterns } from '../core/model/patterns.ts';
import { localStageName } from './connect.ts';

const optionNames = ['stage', 'service', 'region', 'profile'] as const;

/** The options by which a command finds its stage. Variables of the environment stand in where they are not typed. */
export function addStageOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--stage <name>', 'the stage; all but local are on AWS')
        .default(localStageName)
        .env('ROLLGATE_STAGE')
        .argParser(spelledAs(patterns.stage, 'the name of a stage, such as prod')),
    )
    .addOption(
      new Option('--service <name>', 'the service')
        .default('payment')
        .env('ROLLGATE_SERVICE')
        .argParser(spelledAs(patterns.service, 'the name of a service, such as payment')),
    )
    .addOption(
      new Option('--region <name>', 'the region on AWS (default: AWS_REGION, or that of the profile)').argParser(
        spelledAs(patterns.region, 'a region of AWS, such as eu-west-1'),
      ),
    )
    .addOption(new Option('--profile <name>', 'the profile of the AWS configuration').env('AWS_PROFILE'));
}

/** These options as they were typed, ` --stage prod --profile shop`; what the environment says needs no repeating. */
export function stageOptionsTyped(command: Command): string {
  const options = command.opts<Readonly<Record<string, unknown>>>();
  return optionNames
    .filter((name) => command.getOptionValueSource(name) === 'cli')
    .map((name) => ` --${name} ${String(options[name])}`)
    .join('');
}

function spelledAs(pattern: string, what: string): (text: string) => string {
  return (text) => {
    if (!isSpelled(pattern, text)) {
      throw new InvalidArgumentError(`Give ${what}.`);
    }
    return text;
  };
}
