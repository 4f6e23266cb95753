import type { Ports } from '../clients/ports.ts';
import { stageLabel } from '../core/views/stage-label.ts';
import { followToExit } from './follow-to-exit.ts';
import { nextLine, printJson, printLines } from './print.ts';
import type { SpeakOptions } from './speak.ts';
import { startExecution } from './start-execution.ts';
import type { World } from './world.ts';

export interface StartOptions extends SpeakOptions {
  /** False with --no-wait: do not follow the new deployment. */
  readonly wait?: boolean;
}

/** Starts a new deployment that goes on with an ended one, and follows it to its end. */
export async function startAgain(
  world: World,
  ports: Ports,
  verb: 'resume' | 'retry',
  deploymentId: string,
  options: StartOptions,
): Promise<number> {
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const started = await startExecution(world, ports, verb, { [verb]: deploymentId, ...reason }, options);
  if (options.wait !== false) {
    return followToExit(world, ports, started, options, 'rollgate history');
  }
  if (options.json) {
    printJson(world.stdout, {
      stage: stageLabel(ports.stage),
      deploymentId: started.deploymentId,
      verb,
      of: deploymentId,
    });
    return 0;
  }
  printLines(world.stdout, [
    `started  ${started.deploymentId} of ${ports.stage.service} on ${stageLabel(ports.stage)}`,
    nextLine(`rollgate status ${started.deploymentId} --watch`, world),
  ]);
  return 0;
}
