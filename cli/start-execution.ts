import type { Ports } from '../clients/ports.ts';
import { parseExecutionInput } from '../core/execution-input.ts';
import { executionNames } from '../core/execution-names.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { CliError } from './cli-error.ts';
import { withNext } from './report-error.ts';
import type { World } from './world.ts';

export interface StartedDeployment {
  readonly deploymentId: string;
  readonly executionArn: string;
}

/** How long an upload's event may take to start its execution. */
const eventMilliseconds = 30_000;

/** Starts what a person asks for. Throws before anything is started where the input is wrong. */
export async function startExecution(
  world: World,
  ports: Ports,
  verb: string,
  input: Readonly<Record<string, unknown>>,
): Promise<StartedDeployment> {
  const whole = { ...input, by: world.user };
  await withNext(`rollgate ${verb} --help`, () => parseExecutionInput(whole));
  const { executionArn } = await ports.executions.start(executionNames.ofPerson(verb, world.uniqueId()), whole);
  return awaitExecution(world, ports, executionArn);
}

/** The deployment of an execution, once it has started. Its id is made of the execution and the second of its start. */
export async function awaitExecution(world: World, ports: Ports, executionArn: string): Promise<StartedDeployment> {
  const deadline = ports.clock.now() + eventMilliseconds;
  for (;;) {
    const execution = await ports.executions.describe(executionArn);
    if (execution !== undefined) {
      return { executionArn, deploymentId: deploymentIdOf(executionArn, execution.startedAt) };
    }
    if (ports.clock.now() >= deadline) {
      throw new CliError(
        `nothing was started within ${eventMilliseconds / 1000} s: the upload's event has not arrived`,
        'rollgate history, and if it is not there: rollgate deploy',
        1,
      );
    }
    await world.sleep(100);
  }
}
