import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { whyNoHosts } from './host-fixture.ts';
import { faultTests } from './scripts-faults.ts';
import { gateTests } from './scripts-gate.ts';
import { killTests } from './scripts-killed.ts';
import { givenScriptsKit, type ScriptsKit } from './scripts-kit.ts';
import { lifecycleTests } from './scripts-lifecycle.ts';
import { previousTests } from './scripts-previous.ts';

let reason: string | undefined;
let kit: ScriptsKit;

// One host for all: compiling uWSGI once takes half a minute.
beforeAll(async () => {
  reason = await whyNoHosts();
  if (reason === undefined) kit = await givenScriptsKit();
});

afterAll(async () => {
  await kit?.remove();
});

beforeEach(({ skip }) => {
  skip(reason !== undefined, reason);
});

describe('a release on a host', () => lifecycleTests(() => kit));
describe('what ran before', () => previousTests(() => kit));
describe('the gate', () => gateTests(() => kit));
describe('an install that cannot work', () => faultTests(() => kit));
describe('a script that is killed', () => killTests(() => kit));
