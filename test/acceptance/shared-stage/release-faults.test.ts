import { describeFaults } from '../faults/describe-faults.ts';
import { releaseFaults } from '../faults/release-faults.ts';

describeFaults(releaseFaults);
