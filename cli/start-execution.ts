import type { Ports } from '../clients/ports.ts';
import { parseExecutionInput } from '../core/admission/execution-input.ts';
import { executionNames } from '../core/admission/execution-names.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { askerOf } from './asker.ts';
import { CliError } from './cli-error.ts';
import { withNext } from './report-error.ts';
import type { CommonOptions, World } from './world.ts';

export interface StartedDeployment {
  readonly deploymentId: string;
  readonly executionArn: string;
}

/** How long an upload's event may take to start its execution: S3 says seconds, now and then a minute or longer. */
const eventMilliseconds = { embedded: 30_000, aws: 120_000 } as const;

/** How often Step Functions is asked: an account has 10 to 15 such calls a second for all that runs in it. */
const askMilliseconds = { embedded: 100, aws: 1000 } as const;

/** Starts what a person asks for. Throws before anything is started where the input is wrong. */
export async function startExecution(
  world: World,
  ports: Ports,
  verb: string,
  input: Readonly<Record<string, unknown>>,
  options: CommonOptions,
): Promise<StartedDeployment> {
  const whole = { ...input, by: askerOf(world, ports, options) };
  await withNext(`rollgate ${verb} --help`, () => parseExecutionInput(whole));
  const { executionArn } = await ports.executions.start(executionNames.ofPerson(verb, world.uniqueId()), whole);
  return awaitExecution(world, ports, executionArn);
}

/** The deployment of an execution, once it has started. Its id is made of the execution and the second of its start. */
export async function awaitExecution(world: World, ports: Ports, executionArn: string): Promise<StartedDeployment> {
  const { kind } = ports.stage;
  const deadline = ports.clock.now() + eventMilliseconds[kind];
  for (;;) {
    const execution = await ports.executions.describe(executionArn);
    if (execution !== undefined) {
      return { executionArn, deploymentId: deploymentIdOf(executionArn, execution.startedAt) };
    }
    if (ports.clock.now() >= deadline) {
      throw new CliError(
        `nothing was started within ${eventMilliseconds[kind] / 1000} s: the upload's event has not arrived`,
        kind === 'aws'
          ? 'rollgate doctor, and where it finds nothing: rollgate deploy'
          : 'rollgate history, and if it is not there: rollgate deploy',
        1,
      );
    }
    await world.sleep(askMilliseconds[kind]);
  }
}
