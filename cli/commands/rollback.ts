import { resolveRollback } from '../../core/admission/resolve-rollback.ts';
import { exitCodes } from '../../core/model/errors.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { frozenSentence } from '../../core/operator/freeze.ts';
import { withinTarget } from '../../ledger/find-target.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readRelease } from '../../ledger/release/releases.ts';
import { CliError } from '../cli-error.ts';
import { followToExit } from '../follow-to-exit.ts';
import { releaseOption } from '../release-option.ts';
import { withNext } from '../report-error.ts';
import { startExecution } from '../start-execution.ts';
import type { CommonOptions, World } from '../world.ts';

export interface RollbackOptions extends CommonOptions {
  readonly to?: string;
  readonly reason?: string;
  readonly throughFreeze?: boolean;
}

/**
 * `rollgate rollback`: to the stable release before this one, or to the named one. What admission would refuse is refused
 * here already, by the same function, so that it leaves no trace.
 */
export async function rollback(world: World, options: RollbackOptions): Promise<number> {
  const ports = await world.connect(options);
  const state = await readState(ports);
  if (state.freeze !== null && options.throughFreeze !== true) {
    const back = ['rollgate rollback --through-freeze', ...(options.to === undefined ? [] : [`--to ${options.to}`])];
    throw new CliError(frozenSentence(state.freeze), back.join(' '), exitCodes.DeploymentLockedError);
  }
  const next = options.to === undefined && isUnderWay(state) ? 'rollgate status --watch' : 'rollgate releases';
  await withNext(next, async () => {
    const named = options.to === undefined ? undefined : releaseOption('--to', options.to);
    if (named !== undefined) {
      await readRelease(ports, named);
    }
    resolveRollback(await withinTarget(ports, state), named);
  });
  const started = await startExecution(
    world,
    ports,
    'rollback',
    {
      rollback: true,
      ...(options.to === undefined ? {} : { release: options.to }),
      ...(options.throughFreeze === true ? { throughFreeze: true } : {}),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
    options,
  );
  // Refused all the same: the target has changed since it was looked at.
  return followToExit(world, ports, started, options, 'rollgate status');
}

/** A rollback runs or waits: a second one has nothing to choose from, it waits for the end of the first. */
function isUnderWay({ lock, queue }: TargetState): boolean {
  return lock?.isRollback === true || queue.some((entry) => entry.isRollback);
}
