import { describeScripts } from './describe-scripts.ts';
import { lifecycleTests } from './scripts-lifecycle.ts';
import { previousTests } from './scripts-previous.ts';

describeScripts({ 'a release on a host': lifecycleTests, 'what ran before': previousTests }, 'warm');
