import { describeFaults } from '../faults/describe-faults.ts';
import { hostFaults } from '../faults/host-faults.ts';

describeFaults(hostFaults);
