import { describeScripts } from './describe-scripts.ts';
import { previousTests } from './scripts-previous.ts';

describeScripts({ 'what ran before': previousTests });
