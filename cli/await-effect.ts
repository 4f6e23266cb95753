import type { Ports } from '../clients/ports.ts';
import type { TargetState } from '../core/model/target-state.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { CliError } from './cli-error.ts';
import { printLines } from './print.ts';
import type { World } from './world.ts';

/** How often the state is looked at. */
const lookMilliseconds = { embedded: 100, aws: 1000 } as const;

/** After so long a person is told what it waits for. */
const patienceMilliseconds = 3000;

/** An event of S3 takes a second or two; after this it is lost, and the sweep does its work. */
const eventMilliseconds = 30_000;

/** Waits until a word is in force. Throws CliError where its event does not come: the word stands, and the sweep applies it. */
export async function awaitEffect(
  world: Pick<World, 'sleep' | 'stderr'>,
  ports: Ports,
  what: string,
  isInForce: (state: TargetState) => boolean,
): Promise<TargetState> {
  const begun = ports.clock.now();
  let isTold = false;
  for (;;) {
    const state = await readState(ports);
    if (isInForce(state)) {
      return state;
    }
    const waited = ports.clock.now() - begun;
    if (waited >= eventMilliseconds) {
      throw new CliError(
        `${what} is said and stands in the record, but it is not in force yet: its event has not come, and the sweep does it within five minutes`,
        'rollgate status',
        1,
      );
    }
    if (waited >= patienceMilliseconds && !isTold) {
      isTold = true;
      printLines(world.stderr, [`waits until ${what} is in force`]);
    }
    await world.sleep(lookMilliseconds[ports.stage.kind]);
  }
}
