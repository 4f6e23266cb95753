import { describeScripts } from './describe-scripts.ts';
import { lifecycleTests } from './scripts-lifecycle.ts';

describeScripts({ 'a release on a host': lifecycleTests }, 'warm');
