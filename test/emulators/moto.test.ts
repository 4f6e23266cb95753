import { allContracts } from '../contract/all-contracts.ts';
import { startMoto } from './moto.ts';
import { moto } from './moto-back-end.ts';
import { useEmulator } from './use-emulator.ts';

allContracts(moto(useEmulator(startMoto)));
