import type { Ports } from '../../clients/ports.ts';
import { withFreeze } from '../../core/operator/freeze.ts';
import { wholeTarget } from '../../ledger/keys.ts';
import { changeState } from '../../ledger/lock/target-state.ts';
import { readControl } from '../../ledger/operator/requests.ts';

/** Puts the last word about freezing in force. Who runs goes on; who asks for the lock is refused from now on. */
export async function applyFreeze(ports: Ports): Promise<void> {
  const [freeze, unfreeze] = await Promise.all([
    readControl(ports, 'freeze', wholeTarget),
    readControl(ports, 'unfreeze', wholeTarget),
  ]);
  if (freeze !== null || unfreeze !== null) {
    await changeState(ports, (state) => withFreeze(state, { freeze, unfreeze }));
  }
}
