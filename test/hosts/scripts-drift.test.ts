import { describeScripts } from './describe-scripts.ts';
import { driftTests } from './scripts-drift.ts';

describeScripts({ 'drift of a host': driftTests });
