import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { reportVariable, reportWriter } from './scripts/test-run/report-writer.ts';
import { LongestFirst } from './test/longest-first.ts';

/** What judges all stories of the machine together, by the records that they leave. */
const afterStories = ['test/machine/coverage.test.ts', 'test/infra/least-privilege.test.ts'];
/** What puts something else in the place of a module or of a client of the SDK: that must not outlive the file. */
const mocking = globSync('test/**/*.test.ts').filter((file) =>
  /\bvi\.mock\(|\bmockClient\(/.test(readFileSync(file, 'utf8')),
);
/** What judges all faults together, by the results that their tests leave. */
const afterFaults = 'test/acceptance/fault-texts.test.ts';
const onSharedStage = 'test/acceptance/shared-stage/**/*.test.ts';

// One worker fewer than processors is vitest's own choice: half of a small machine. What they compute takes seconds; beside
// the tests on hosts, which go first, it may take minutes.
const computing = { maxWorkers: '100%', testTimeout: 300_000, hookTimeout: 600_000 };
/** Two of these projects run beside each other: what their files start on hosts keeps a small machine busy. */
const onHosts = { maxWorkers: 2, testTimeout: 600_000, hookTimeout: 900_000 };
const seeded = { setupFiles: 'test/seed.ts' };
const report = process.env[reportVariable];

/**
 * The projects. `fast`, `fast-mocking` and `fast-summary` need neither network nor root and belong together; `hosts` tries
 * the parts that touch a host on booted systemd; `emulators` tries what talks to AWS on implementations of its APIs that
 * others wrote; `acceptance` does the main job, with the whole engine and with the deployed stack, each file on a stage of
 * its own; the files of `shared-stage` hand a stage on from one to the next. A `…-summary` comes after the others of its
 * name and judges them together.
 */
export default defineConfig({
  test: {
    reporters: ['default', ...(report === undefined ? [] : [reportWriter(report)])],
    globalSetup: 'test/records-folder.ts',
    sequence: { sequencer: LongestFirst },
    // Waiting for what comes costs nothing; a busy machine may need it.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/hosts/**', 'test/emulators/**', 'test/acceptance/**', ...mocking, ...afterStories],
          // To load the modules anew for each file costs more than most of these files.
          isolate: false,
          ...seeded,
          ...computing,
        },
      },
      { test: { name: 'fast-mocking', include: mocking, ...seeded, ...computing } },
      { test: { name: 'fast-summary', include: afterStories, sequence: { groupOrder: 1 }, ...computing } },
      { test: { name: 'hosts', include: ['test/hosts/**/*.test.ts'], ...onHosts, maxWorkers: 3 } },
      // An emulator is one Python process: two of them keep two processors busy.
      { test: { name: 'emulators', include: ['test/emulators/**/*.test.ts'], maxWorkers: 2, testTimeout: 120_000 } },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          exclude: [onSharedStage, afterFaults],
          ...onHosts,
        },
      },
      {
        test: {
          name: 'shared-stage',
          include: [onSharedStage],
          globalSetup: 'test/acceptance/shared-stage/stop-stages.ts',
          // The modules of a worker, and so its stage, outlive a file.
          isolate: false,
          ...onHosts,
        },
      },
      { test: { name: 'shared-stage-summary', include: [afterFaults], sequence: { groupOrder: 1 } } },
    ],
  },
});
