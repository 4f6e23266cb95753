/**
 * Texts that a program makes, for `${file(infra/built-texts.js):<name>}` in serverless.yml and beside it. The framework
 * takes variables from JavaScript files only, so this one hands over what TypeScript builds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDocuments } from './documents/build-documents.ts';

/** The five SSM documents; their scripts are encoded, so that no `${…}` and no `{{…}}` of a script is ever replaced. */
const documents = buildDocuments();
export const install = JSON.parse(documents.install);
export const activate = JSON.parse(documents.activate);
export const verify = JSON.parse(documents.verify);
export const settle = JSON.parse(documents.settle);
export const inspect = JSON.parse(documents.inspect);

/** The state machine definition, byte for byte as committed. */
export const stateMachine = readFileSync(join(import.meta.dirname, '..', 'state-machine', 'rollout.asl.json'), 'utf8');
