import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stableRelease } from '../../core/model/target-state.ts';
import { createWorld } from '../fakes/world.ts';

const anyAct = fc.record({
  /** Of a kill: after so many more calls of ports. */
  calls: fc.integer({ min: 1, max: 40 }),
  afterSeconds: fc.integer({ min: 0, max: 90 }),
  kind: fc.constantFrom('upload', 'upload', 'bad upload', 'newest', 'v1', 'rollback', 'halt', 'kill', 'sweep'),
} as const);

test('whoever asks for whatever and when: one after another, and all hosts end on the stable release or stay where a rollback brought them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 2, maxLength: 8 }), async (acts) => {
      const world = await createWorld({ hosts: 'abc' });
      await world.givenStable(1);
      let uploads = 1;
      for (const { afterSeconds, kind, calls } of acts) {
        await world.pass(afterSeconds);
        const holder = (await world.state()).lock?.deploymentId;
        if (kind === 'upload' || kind === 'bad upload') {
          uploads += 1;
          await world.upload(uploads, kind === 'upload' ? 'well' : 'app-load-failed');
        }
        if (kind === 'newest') await world.start({});
        if (kind === 'v1') await world.start({ release: 'v1' });
        if (kind === 'rollback') await world.start({ rollback: true });
        if (kind === 'halt' && holder !== undefined) await world.say('halt', holder);
        if (kind === 'kill') world.whenCalled(calls, () => world.kill());
        if (kind === 'sweep') await world.sweep();
      }
      await world.rest();
      for (let sweeps = 0; sweeps < 4; sweeps += 1) {
        await world.pass(300);
        await world.sweep();
        await world.rest();
      }

      const state = await world.state();
      expect(state).toMatchObject({ lock: null, queue: [] });
      expect(world.target.violations()).toEqual([]);
      const stable = stableRelease(state)?.release;
      // A rollback that was halted or died leaves those that passed on its release, and the state names them.
      const differing = Object.values(state.differing);
      expect(differing.filter((host) => host.isRollback !== true)).toEqual([]);
      const runs = (name: string) => state.differing[world.idOf(name)]?.runs?.split('-')[0] ?? `v${stable}`;
      expect(world.target.running()).toEqual(['a', 'b', 'c'].map((name) => `${name} ${runs(name)}`));
      const ends = await Promise.all((await world.all()).map(({ executionArn }) => world.story(executionArn)));
      const admitted = ends.filter((story) =>
        world.bucket.keys().some((key) => key.endsWith(`${story.deploymentId}/request.json`)),
      );
      expect(admitted.filter((story) => story.outcome === undefined)).toEqual([]);
      expect(ends.map((story) => story.outcome?.status)).not.toContain('FailedDirty');
      await world.close();
    }),
    { numRuns: 30 },
  );
});
