import { controlsOf } from '../../core/operator/controls-of.ts';
import { type PlainVerb, validateRequest } from '../../core/operator/validate-request.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { confirm, instantsOf, type SpeakOptions, speak } from '../speak.ts';
import { requireSpokenTo } from '../spoken-to.ts';
import type { World } from '../world.ts';

export interface SayOptions extends SpeakOptions {
  /** halt only: leave the hosts as they are. */
  readonly keep?: boolean;
}

/** Resume has a file of its own: it also goes on with deployments that have ended. */
export type SaidVerb = Exclude<PlainVerb, 'resume'>;

const answers: Readonly<Record<SaidVerb, string>> = {
  halt: 'will halt: nothing waits for an install or a gate any more, a host that is being switched ends its step',
  pause: 'will pause before its next host; what is staged goes on, since it touches nothing that runs',
  approve: 'is approved',
};

/**
 * Says a verb to the running deployment, or to the named one, through the ledger: it takes effect wherever the deployment
 * is parked. Throws CliError where nothing runs, the deployment has ended or the word would change nothing.
 */
export async function say(
  world: World,
  verb: SaidVerb,
  typed: string | undefined,
  options: SayOptions,
): Promise<number> {
  const id = deploymentArgument(typed);
  const ports = await world.connect(options);
  const record = await requireSpokenTo(ports, verb, id);
  const { deploymentId, decisions, words } = record;
  const isKept = options.keep === true;
  const verdict = validateRequest(verb, isKept, { deploymentId, decisions, controls: controlsOf(words) });
  if (verdict.kind === 'refused') {
    throw new CliError(verdict.why, verdict.next, 2);
  }
  const word = { verb, about: deploymentId, answers: instantsOf(record), ...(isKept ? { isKept } : {}) };
  const control = await speak(world, ports, options, word);
  confirm(world, ports, options, { verb, deploymentId, control, answer: answers[verb] });
  return 0;
}
