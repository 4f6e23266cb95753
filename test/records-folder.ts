import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the tests of this run leave what its last tests judge together. */
    readonly recordsFolder: string;
  }
}

let folder = '';

/** Vitest does this before all tests: makes a folder that no other run has. */
export function setup(project: TestProject): void {
  folder = mkdtempSync(join(tmpdir(), 'rollgate-records-'));
  project.provide('recordsFolder', folder);
}

/** Vitest does this after all tests. */
export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
