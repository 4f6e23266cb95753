import { describeScripts } from './describe-scripts.ts';
import { serviceDriftTests } from './scripts-drift.ts';

describeScripts({ 'drift of unit, environment and process': serviceDriftTests });
