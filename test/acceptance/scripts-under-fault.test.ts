import { describeScripts } from '../hosts/describe-scripts.ts';
import { faultTests } from '../hosts/scripts-faults.ts';
import { gateTests } from '../hosts/scripts-gate.ts';
import { killTests } from '../hosts/scripts-killed.ts';

/** The slow half of the scripts' tests: they wait for gates to fail and kill scripts at named points. */
describeScripts({
  'the gate': gateTests,
  'an install that cannot work': faultTests,
  'a script that is killed': killTests,
});
