import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { ensurePythonTools } from '../../scripts/python-tools.ts';
import type { Emulator } from './emulator.ts';

type Start = (options: { readonly bin: string; readonly folder: string }) => Promise<Emulator>;

/** One emulator for all tests of a file, with credentials that it takes. */
export function useEmulator(start: Start): () => Emulator {
  let folder = '';
  let emulator: Emulator | undefined;

  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // A profile of the person who runs the tests would count more.
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL']) vi.stubEnv(name, undefined);
    const tools = await ensurePythonTools(console.log);
    if ('why' in tools) throw new Error(`the emulators can't be had here: ${tools.why}`);
    folder = await mkdtemp(join(tmpdir(), 'rollgate-emulator-'));
    emulator = await start({ bin: tools.bin, folder });
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await emulator?.stop();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  return () => {
    if (emulator === undefined) throw new Error('the emulator is started before the tests of the file');
    return emulator;
  };
}
