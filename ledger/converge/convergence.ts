import type { Ports } from '../../clients/ports.ts';
import { type Convergence, emptyConvergence } from '../../core/model/convergence.ts';
import { compareAndSwap } from '../compare-and-swap.ts';
import { readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';

/** Reads `convergence.json`; a target where no deployment has ended yet reads as empty. */
export async function readConvergence(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<Convergence> {
  return (await readJson<Convergence>(ports.ledger, keys.convergence(ports.stage.service))) ?? emptyConvergence;
}

/**
 * Changes `convergence.json` by compare-and-swap; what is the same afterwards is not written. Throws TransientAwsError
 * after 20 lost races.
 */
export function changeConvergence(
  ports: Pick<Ports, 'stage' | 'ledger' | 'clock'>,
  change: (convergence: Convergence) => Convergence,
): Promise<Convergence> {
  return compareAndSwap(ports, keys.convergence(ports.stage.service), emptyConvergence, (current) => {
    const next = change(current);
    return JSON.stringify(next) === JSON.stringify(current) ? current : next;
  });
}
