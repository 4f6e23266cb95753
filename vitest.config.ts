import { defineConfig } from 'vitest/config';

/** Two projects: `fast` needs neither network nor root; `hosts` boots real systemd hosts and runs one file at a time. */
export default defineConfig({
  test: {
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
