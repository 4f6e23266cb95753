import { describeFaults } from '../faults/describe-faults.ts';
import { upstreamFaults } from '../faults/upstream-faults.ts';

describeFaults(upstreamFaults);
