import { describeScripts } from './describe-scripts.ts';
import { fileDriftTests } from './scripts-drift.ts';

describeScripts({ 'drift of code and virtualenv': fileDriftTests });
