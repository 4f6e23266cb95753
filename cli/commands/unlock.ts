import { stageLabel } from '../../core/views/stage-label.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { awaitEffect } from '../await-effect.ts';
import { CliError } from '../cli-error.ts';
import { asTyped, printJson, printLines } from '../print.ts';
import { type SpeakOptions, speak } from '../speak.ts';
import type { World } from '../world.ts';

/**
 * `rollgate unlock`: starts the repair of a lock whose execution is dead, or known to nobody any more, without waiting for
 * the sweep. It never drops a lock: the repair settles the hosts and frees it. Throws CliError where nobody holds it, or
 * its holder runs.
 */
export async function unlock(world: World, options: SpeakOptions): Promise<number> {
  const ports = await world.connect(options);
  const { lock } = await readState(ports);
  if (lock === null) {
    throw new CliError('nobody holds the lock', 'rollgate status', 2);
  }
  const { deploymentId, executionArn, purpose, acquiredAt } = lock;
  if ((await ports.executions.describe(executionArn))?.status === 'RUNNING') {
    throw purpose === 'repair'
      ? new CliError(`a repair of ${deploymentId} runs, and frees the lock`, 'rollgate status --watch', 2)
      : new CliError(`${deploymentId} holds the lock and runs`, 'rollgate halt', 2);
  }
  const word = { verb: 'unlock', about: deploymentId, answers: [acquiredAt] } as const;
  const control = await speak(world, ports, options, word);
  await awaitEffect(world, ports, 'unlock', (now) => now.lock?.executionArn !== executionArn);
  if (options.json) {
    printJson(world.stdout, { stage: stageLabel(ports.stage), deploymentId, verb: 'unlock', ...control });
    return 0;
  }
  const shows = asTyped('rollgate status --watch', world);
  printLines(world.stdout, [
    `the repair of ${deploymentId} on ${stageLabel(ports.stage)} has begun: it settles the hosts, then the lock is free; ${shows} shows it`,
  ]);
  return 0;
}
