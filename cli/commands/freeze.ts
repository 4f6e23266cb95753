import { refusedUploadsView } from '../../core/views/refused-uploads-view.ts';
import { stageLabel } from '../../core/views/stage-label.ts';
import { wholeTarget } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readControl } from '../../ledger/operator/requests.ts';
import { awaitEffect } from '../await-effect.ts';
import { CliError } from '../cli-error.ts';
import { asTyped, printJson, printLines } from '../print.ts';
import { instantText } from '../render/instant.ts';
import { refusedUploadLines } from '../render/refused-uploads.ts';
import { type SpeakOptions, speak } from '../speak.ts';
import type { World } from '../world.ts';

/**
 * `rollgate freeze`: nothing is admitted and nobody gets the lock until unfreeze; what runs goes on. It returns when that
 * is in force. Throws CliError where no reason is given, or it is frozen already.
 */
export async function freeze(world: World, options: SpeakOptions): Promise<number> {
  if (options.reason === undefined || options.reason.trim() === '') {
    throw new CliError(
      'freeze: say why; it is what everybody reads whose deployment is refused',
      'rollgate freeze --reason "…"',
      2,
    );
  }
  const ports = await world.connect(options);
  const before = await readState(ports);
  if (before.freeze !== null) {
    const { by, at, reason } = before.freeze;
    throw new CliError(
      `the target is frozen already, by ${by} since ${instantText(at)} UTC: ${reason}`,
      'rollgate unfreeze',
      2,
    );
  }
  const last = await readControl(ports, 'unfreeze', wholeTarget);
  const word = { verb: 'freeze', about: wholeTarget, answers: last === null ? [] : [last.at] } as const;
  const control = await speak(world, ports, options, word);
  const state = await awaitEffect(world, ports, 'freeze', (now) => now.freeze !== null);
  const running = state.lock?.deploymentId ?? null;
  if (options.json) {
    printJson(world.stdout, { stage: stageLabel(ports.stage), verb: 'freeze', ...control, running });
    return 0;
  }
  const { service } = ports.stage;
  printLines(world.stdout, [
    `${service} on ${stageLabel(ports.stage)} is frozen: nothing is deployed until ${asTyped('rollgate unfreeze', world)}`,
    ...(running === null
      ? []
      : [`${running} runs on: ${asTyped('rollgate pause', world)} or ${asTyped('rollgate halt', world)} stops it`]),
  ]);
  return 0;
}

/**
 * `rollgate unfreeze`: deployments are taken again. It names the uploads that were refused meanwhile, which nobody deploys
 * by itself. Throws CliError where it is not frozen.
 */
export async function unfreeze(world: World, options: SpeakOptions): Promise<number> {
  const ports = await world.connect(options);
  const { freeze: stands } = await readState(ports);
  if (stands === null) {
    throw new CliError('the target is not frozen', 'rollgate freeze --reason "…"', 2);
  }
  const word = { verb: 'unfreeze', about: wholeTarget, answers: [stands.at] } as const;
  const control = await speak(world, ports, options, word);
  const state = await awaitEffect(world, ports, 'unfreeze', (now) => now.freeze?.at !== stands.at);
  const refusedUploads = refusedUploadsView(state);
  if (options.json) {
    printJson(world.stdout, { stage: stageLabel(ports.stage), verb: 'unfreeze', ...control, refusedUploads });
    return 0;
  }
  printLines(world.stdout, [
    `${ports.stage.service} on ${stageLabel(ports.stage)} takes deployments again; it was frozen by ${stands.by}: ${stands.reason}`,
    ...refusedUploadLines(refusedUploads, state.freeze !== null).map((line) => asTyped(line, world)),
  ]);
  return 0;
}
