import type { Ports } from '../../clients/ports.ts';
import { isResumable } from '../../core/admission/hosts-to-retry.ts';
import type { DeploymentOutcome } from '../../core/model/deployment-records.ts';
import { controlsOf } from '../../core/operator/controls-of.ts';
import { validateRequest } from '../../core/operator/validate-request.ts';
import { readHistory } from '../../ledger/rollout/deployment-history.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { printLines } from '../print.ts';
import { confirm, instantsOf, speak } from '../speak.ts';
import { findSpokenTo } from '../spoken-to.ts';
import { type StartOptions, startAgain } from '../start-again.ts';
import type { World } from '../world.ts';

/** Deployments that are looked at for the last one that did something. */
const lookedAt = 20;

/**
 * `rollgate resume`: a paused deployment goes on; an ended one is gone on with by a new deployment of its release. Where
 * nothing runs and none is named it is the last one. Throws CliError where there is nothing to go on with.
 */
export async function resume(world: World, typed: string | undefined, options: StartOptions): Promise<number> {
  const id = deploymentArgument(typed);
  const ports = await world.connect(options);
  const record = await findSpokenTo(ports, id);
  if (record === undefined) {
    const last = await lastResumable(ports);
    printLines(world.stderr, [
      `nothing runs; resumes ${last.deploymentId}, which ended ${last.status}: ${last.reason.text.split('\n')[0]}`,
    ]);
    return startAgain(world, ports, 'resume', last.deploymentId, options);
  }
  const { deploymentId, decisions, words, outcome } = record;
  if (outcome !== null) {
    if (!isResumable(outcome)) {
      throw new CliError(
        `${deploymentId} left nothing to resume: ${outcome.status}`,
        `rollgate rerun ${deploymentId}`,
        2,
      );
    }
    return startAgain(world, ports, 'resume', deploymentId, options);
  }
  const verdict = validateRequest('resume', false, { deploymentId, decisions, controls: controlsOf(words) });
  if (verdict.kind === 'refused') {
    throw new CliError(verdict.why, verdict.next, 2);
  }
  const control = await speak(world, ports, options, {
    verb: 'resume',
    about: deploymentId,
    answers: instantsOf(record),
  });
  confirm(world, ports, options, { verb: 'resume', deploymentId, control, answer: 'goes on' });
  return 0;
}

/** The last deployment that did something; what came before it is history. */
async function lastResumable(ports: Ports): Promise<DeploymentOutcome> {
  const ended = (await readHistory(ports, lookedAt)).flatMap(({ admitted, outcome }) =>
    admitted === null || outcome === null || admitted.trigger === 'converge' ? [] : [outcome],
  );
  const last = ended.find((outcome) => !outcome.isDryRun && outcome.status !== 'Superseded');
  if (last === undefined) {
    throw new CliError('no deployment is running, and none has ended that could be resumed', 'rollgate deploy', 2);
  }
  if (!isResumable(last)) {
    throw new CliError(
      `no deployment is running, and the last one (${last.deploymentId}) left nothing to resume: ${last.status}`,
      'rollgate history',
      2,
    );
  }
  return last;
}
