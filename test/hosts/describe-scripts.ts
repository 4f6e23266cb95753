import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { whyNoHosts } from './host-fixture.ts';
import { givenScriptsKit, type ScriptsKit } from './scripts-kit.ts';

/** Registers suites that share one booted host: compiling uWSGI once takes half a minute. */
export function describeScripts(suites: Readonly<Record<string, (given: () => ScriptsKit) => void>>): void {
  let reason: string | undefined;
  let kit: ScriptsKit;

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

  for (const [name, register] of Object.entries(suites)) {
    describe(name, () => register(() => kit));
  }
}
