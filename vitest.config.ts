import { defineConfig } from 'vitest/config';

/**
 * Three projects: `fast` needs neither network nor root; `hosts` tries the parts that touch a host on booted systemd;
 * `acceptance` does the main job with the whole engine. The last two run one file at a time.
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
          exclude: ['test/hosts/**', 'test/acceptance/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 420_000,
        },
      },
      {
        test: {
          name: 'hosts',
          include: ['test/hosts/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 420_000,
        },
      },
    ],
  },
});
