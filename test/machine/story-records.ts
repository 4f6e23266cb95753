import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { inject } from 'vitest';
import type { RecordedCall } from '../infra/permissions/recorded-calls.ts';

/** What the stories of one file did, for the checks that judge all stories together. */
export interface StoryRecord {
  /** States, Catches and Choice arms that an execution has been through. */
  readonly visited: readonly string[];
  /** Calls of ports by functions, once for each shape and way. */
  readonly calls: readonly RecordedCall[];
}

const storiesFolder = 'test/machine/stories';

/** Leaves the record of a story file in the folder of this run. */
export function leaveRecord(storyFile: string, record: StoryRecord): void {
  const text = JSON.stringify(record);
  if (!isDeepStrictEqual(JSON.parse(text), record)) throw new Error(`${storyFile}: a call is not the same as JSON`);
  writeFileSync(recordOf(storyFile), text);
}

/** The records of all story files. Throws where one is missing: the stories that are there prove nothing of the whole. */
export function readRecords(): readonly StoryRecord[] {
  const storyFiles = readdirSync(storiesFolder).filter((name) => name.endsWith('.test.ts'));
  const missing = storyFiles.filter((name) => !existsSync(recordOf(name)));
  if (missing.length > 0) throw new Error(sentenceOf(missing.map((name) => `${storiesFolder}/${name}`)));
  return storyFiles.map((name) => JSON.parse(readFileSync(recordOf(name), 'utf8')) as StoryRecord);
}

function recordOf(storyFile: string): string {
  return join(inject('recordsFolder'), basename(storyFile, '.test.ts'));
}

function sentenceOf(missing: readonly string[]): string {
  return `This check needs every story, and these files left no record in this run, because they were left out or not all of their stories passed: ${missing.join(', ')}. To run all of them: npm test -- --fast`;
}
