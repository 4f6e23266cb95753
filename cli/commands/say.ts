import { stageLabel } from '../../core/views/stage-label.ts';
import { readOutcome, writeControl } from '../../ledger/deployments.ts';
import type { ControlVerb } from '../../ledger/keys.ts';
import { readState } from '../../ledger/target-state.ts';
import { askerOf } from '../asker.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { asTyped, printJson, printLines } from '../print.ts';
import type { CommonOptions, World } from '../world.ts';

export interface SayOptions extends CommonOptions {
  readonly reason?: string;
  /** halt only: leave the hosts as they are. */
  readonly keep?: boolean;
}

/** The verbs, each with what it does to a running deployment. */
export const verbDescriptions: Readonly<Record<ControlVerb, string>> = {
  halt: 'stop the running deployment and put its hosts back',
  pause: 'start no further host of the running deployment until resume',
  resume: 'go on after a pause, or after a fault that was not of the release',
  approve: 'let the running deployment go on where it waits for approval',
};

const answers: Readonly<Record<ControlVerb, string>> = {
  halt: 'will halt',
  pause: 'will pause before its next host',
  resume: 'goes on',
  approve: 'is approved',
};

/**
 * Says a verb to the running deployment, or to the named one, through the ledger: it takes effect wherever the deployment
 * is parked. Throws CliError where nothing runs or the deployment has ended.
 */
export async function say(
  world: World,
  verb: ControlVerb,
  typed: string | undefined,
  options: SayOptions,
): Promise<number> {
  const deploymentId = deploymentArgument(typed);
  const ports = await world.connect(options);
  const { lock, queue } = await readState(ports);
  const known = [...(lock === null ? [] : [lock.deploymentId]), ...queue.map((entry) => entry.deploymentId)];
  const id = deploymentId ?? lock?.deploymentId;
  if (id === undefined) {
    throw new CliError(`no deployment is running, so there is nothing to ${verb}`, 'rollgate history', 2);
  }
  if (!known.includes(id)) {
    const outcome = await readOutcome(ports, id);
    const why =
      outcome === undefined ? `there is no deployment ${id} that runs or waits` : `${id} has ended: ${outcome.status}`;
    throw new CliError(why, 'rollgate history', 2);
  }
  const at = new Date(ports.clock.now()).toISOString();
  const control = {
    by: askerOf(world, ports, options),
    at,
    reason: options.reason ?? '',
    ...(options.keep === true ? { isKept: true } : {}),
  };
  await writeControl(ports, verb, id, control);
  if (options.json) {
    printJson(world.stdout, { stage: stageLabel(ports.stage), deploymentId: id, verb, ...control });
  } else {
    const shows = asTyped('rollgate status --watch', world);
    printLines(world.stdout, [`${id} on ${stageLabel(ports.stage)} ${answers[verb]}; ${shows} shows it`]);
  }
  return 0;
}
