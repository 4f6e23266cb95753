/**
 * Texts that a program makes, for `${file(infra/built-texts.js):<name>}` in serverless.yml and beside it. The framework
 * takes variables from JavaScript files only, so this one hands over what TypeScript builds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDocuments } from './documents/build-documents.ts';

/** The four SSM documents; their scripts are encoded, so that no `${…}` and no `{{…}}` of a script is ever replaced. */
export const { install, activate, verify, settle } = buildDocuments();

/** The state machine definition, byte for byte as committed. */
export const stateMachine = readFileSync(join(import.meta.dirname, '..', 'state-machine', 'rollout.asl.json'), 'utf8');
