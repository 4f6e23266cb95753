import { allContracts } from './all-contracts.ts';
import { embedded } from './embedded-back-end.ts';

allContracts(embedded);
