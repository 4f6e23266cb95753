import { defineConfig } from 'vitest/config';

/** Files of these projects run one after the other: they share the machine's network and hosts. */
const onTheMachine = { fileParallelism: false, testTimeout: 240_000, hookTimeout: 420_000 };

/**
 * Four projects: `fast` needs neither network nor root; `hosts` tries the parts that touch a host on booted systemd;
 * `emulators` tries what talks to AWS on implementations of its APIs that others wrote; `acceptance` does the main job,
 * with the whole engine and with the deployed stack. All but `fast` run one file at a time.
 */
export default defineConfig({
  test: {
    // One worker fewer than processors is vitest's own choice: half of a small machine.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/hosts/**', 'test/emulators/**', 'test/acceptance/**'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'hosts', include: ['test/hosts/**/*.test.ts'], ...onTheMachine } },
      { test: { name: 'emulators', include: ['test/emulators/**/*.test.ts'], ...onTheMachine, testTimeout: 60_000 } },
      { test: { name: 'acceptance', include: ['test/acceptance/**/*.test.ts'], ...onTheMachine } },
    ],
  },
});
