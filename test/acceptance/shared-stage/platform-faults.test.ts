import { agentFaults } from '../faults/agent-faults.ts';
import { describeFaults } from '../faults/describe-faults.ts';
import { platformFaults } from '../faults/platform-faults.ts';

describeFaults([...agentFaults, ...platformFaults]);
