import type { Ports } from '../clients/ports.ts';
import type { DeploymentRecord } from '../core/model/deployment-record.ts';
import type { Control, ControlVerb } from '../core/model/operator-requests.ts';
import { stageLabel } from '../core/views/stage-label.ts';
import { writeControl } from '../ledger/operator/requests.ts';
import { askerOf } from './asker.ts';
import { asTyped, printJson, printLines } from './print.ts';
import type { CommonOptions, World } from './world.ts';

export interface SpeakOptions extends CommonOptions {
  readonly reason?: string;
}

/**
 * Writes a word into the ledger. It is never older than what it answers, whatever the clocks of the machines say that
 * others have spoken from.
 */
export async function speak(
  world: World,
  ports: Ports,
  options: SpeakOptions,
  {
    verb,
    about,
    answers,
    ...more
  }: Pick<Control, 'isKept' | 'hosts'> & {
    readonly verb: ControlVerb;
    readonly about: string;
    /** Instants of what is there already. */
    readonly answers: readonly string[];
  },
): Promise<Control> {
  const after = Math.max(ports.clock.now(), ...answers.map((at) => Date.parse(at) + 1));
  const control: Control = {
    by: askerOf(world, ports, options),
    at: new Date(after).toISOString(),
    reason: options.reason ?? '',
    ...more,
  };
  await writeControl(ports, verb, about, control);
  return control;
}

/** Instants that a word to this deployment has to come after. */
export function instantsOf({ words, decisions }: DeploymentRecord): readonly string[] {
  return [...words.map((word) => word.at), ...decisions.slice(-1).map((decision) => decision.at)];
}

/** Says that it was said, and what will follow. */
export function confirm(
  world: World,
  ports: Ports,
  options: CommonOptions,
  said: {
    readonly verb: ControlVerb;
    readonly deploymentId: string;
    readonly control: Control;
    readonly answer: string;
  },
): void {
  const { verb, deploymentId, control, answer } = said;
  if (options.json) {
    printJson(world.stdout, { stage: stageLabel(ports.stage), deploymentId, verb, ...control });
    return;
  }
  const shows = asTyped('rollgate status --watch', world);
  printLines(world.stdout, [`${deploymentId} on ${stageLabel(ports.stage)} ${answer}; ${shows} shows it`]);
}
