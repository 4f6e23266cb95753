import { allContracts } from '../contract/all-contracts.ts';
import { startMiniStack } from './ministack.ts';
import { miniStack } from './ministack-back-end.ts';
import { useEmulator } from './use-emulator.ts';

allContracts(miniStack(useEmulator(startMiniStack)));
