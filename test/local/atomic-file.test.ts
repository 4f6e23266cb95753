import * as fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAtomicFiles, readIfThere, readTextIfThere, writeAtomically } from '../../local/atomic-file.ts';

vi.mock('node:fs', { spy: true });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollgate-atomic-'));
  vi.clearAllMocks();
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('writeAtomically', () => {
  test('replaces the text, for its owner alone, and leaves nothing else', async () => {
    const path = join(directory, 'a', 'record.json');

    writeAtomically(path, 'old');
    writeAtomically(path, 'new');

    expect(readTextIfThere(path)).toBe('new');
    expect(await readdir(join(directory, 'a'))).toEqual(['record.json']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o700);
  });

  test('is on disk when it returns: the text before it has its name, the name before it returns', () => {
    writeAtomically(join(directory, 'record.json'), 'text');

    const [text, name] = vi.mocked(fs.fsyncSync).mock.invocationCallOrder;
    const [rename] = vi.mocked(fs.renameSync).mock.invocationCallOrder;
    expect([text, rename, name]).toEqual([text, rename, name].toSorted((a, b) => Number(a) - Number(b)));
    expect(vi.mocked(fs.fsyncSync)).toHaveBeenCalledTimes(2);
  });

  test('keeps the old text where the new one cannot be written, and writes the next one all the same', () => {
    const path = join(directory, 'record.json');
    writeAtomically(path, 'old');
    vi.mocked(fs.fsyncSync).mockImplementationOnce(() => {
      throw new Error('no space left on device');
    });

    expect(() => writeAtomically(path, 'lost')).toThrow('no space left on device');
    expect(readTextIfThere(path)).toBe('old');
    writeAtomically(path, 'new');
    expect(readTextIfThere(path)).toBe('new');
  });
});

describe('files that are created once', () => {
  test('are there whole, once, and leave no scratch', async () => {
    const files = openAtomicFiles(join(directory, 'scratch'));
    const path = join(directory, 'a', 'b.json');

    expect(await files.create(path, 'one')).toBe(true);
    expect(await files.create(path, 'two')).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('one');
    await files.replace(path, 'three');
    expect(await readFile(path, 'utf8')).toBe('three');
    expect(await readdir(join(directory, 'scratch'))).toEqual([]);
    expect(await files.remove(path)).toBe(true);
    expect(await files.remove(path)).toBe(false);
  });

  test('sweep what a killed process left half written', async () => {
    const files = openAtomicFiles(join(directory, 'scratch'));
    await files.replace(join(directory, 'kept'), 'x');
    await writeFile(join(directory, 'scratch', 'half'), 'hal');

    await files.sweep();

    expect(await readdir(directory)).toEqual(['kept']);
  });
});

test('what is not there, or is no file, reads as nothing', async () => {
  await writeFile(join(directory, 'file'), 'x');

  for (const path of [join(directory, 'none'), join(directory, 'file', 'below'), directory]) {
    expect(await readIfThere(path)).toBeUndefined();
    expect(readTextIfThere(path)).toBeUndefined();
  }
});
