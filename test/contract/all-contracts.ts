import { alarmsContract } from './alarms.contract.ts';
import { artifactsContract } from './artifacts.contract.ts';
import type { BackEnd } from './back-end.ts';
import { commandsContract } from './commands.contract.ts';
import { executionsContract } from './executions.contract.ts';
import { hostReadsContract } from './host-reads.contract.ts';
import { inventoryContract } from './inventory.contract.ts';
import { ledgerContract } from './ledger.contract.ts';
import { securityGroupsContract } from './security-groups.contract.ts';
import { stateSwapContract } from './state-swap.contract.ts';

/** Every promise of the ports, tried on one back end. */
export function allContracts(backEnd: BackEnd): void {
  ledgerContract(backEnd);
  stateSwapContract(backEnd);
  artifactsContract(backEnd);
  inventoryContract(backEnd);
  securityGroupsContract(backEnd);
  commandsContract(backEnd);
  executionsContract(backEnd);
  hostReadsContract(backEnd);
  alarmsContract(backEnd);
}
