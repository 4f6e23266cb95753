import { defineConfig } from 'vitest/config';
import { reportVariable, reportWriter } from './scripts/test-run/report-writer.ts';

/** These files mostly wait for hosts: more of them at once than there are processors. */
const onHosts = { maxWorkers: 4, testTimeout: 240_000, hookTimeout: 420_000 };
const onSharedStage = 'test/acceptance/shared-stage/**/*.test.ts';
/** What judges all faults together, by the results that their tests leave. */
const afterFaults = 'test/acceptance/fault-texts.test.ts';
const report = process.env[reportVariable];

/**
 * The projects: `fast` needs neither network nor root; `hosts` tries the parts that touch a host on booted systemd;
 * `emulators` tries what talks to AWS on implementations of its APIs that others wrote; `acceptance` does the main job,
 * with the whole engine and with the deployed stack, each file on a stage of its own; the files of `shared-stage` hand a
 * stage on from one to the next; `acceptance-summary` comes after them.
 */
export default defineConfig({
  test: {
    reporters: ['default', ...(report === undefined ? [] : [reportWriter(report)])],
    globalSetup: 'test/records-folder.ts',
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/hosts/**', 'test/emulators/**', 'test/acceptance/**'],
          // One worker fewer than processors is vitest's own choice: half of a small machine.
          maxWorkers: '100%',
          testTimeout: 60_000,
        },
      },
      { test: { name: 'hosts', include: ['test/hosts/**/*.test.ts'], ...onHosts } },
      // An emulator is one Python process: two of them keep two processors busy.
      { test: { name: 'emulators', include: ['test/emulators/**/*.test.ts'], maxWorkers: 2, testTimeout: 60_000 } },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          exclude: [onSharedStage, afterFaults],
          ...onHosts,
        },
      },
      // Without isolation the modules of a worker, and so its stage, outlive a file.
      {
        test: {
          name: 'shared-stage',
          include: [onSharedStage],
          globalSetup: 'test/acceptance/shared-stage/stop-stages.ts',
          isolate: false,
          ...onHosts,
        },
      },
      { test: { name: 'acceptance-summary', include: [afterFaults], sequence: { groupOrder: 1 } } },
    ],
  },
});
