import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { HostRoot } from '../../local/hosts/standard-roots.ts';
import { whyNoHosts } from './host-fixture.ts';
import { givenScriptsKit, type ScriptsKit } from './scripts-kit.ts';

/** Registers suites that share one booted host; one that is `warm` builds its first virtualenv itself. */
export function describeScripts(
  suites: Readonly<Record<string, (given: () => ScriptsKit) => void>>,
  hostRoot: HostRoot = 'ready',
): void {
  let reason: string | undefined;
  let kit: ScriptsKit;

  beforeAll(async () => {
    reason = await whyNoHosts();
    if (reason === undefined) kit = await givenScriptsKit(hostRoot);
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
