import { join } from 'node:path';
import { type Emulator, freePort, startEmulator } from './emulator.ts';

export interface MotoOptions {
  /** The folder of its program, from `ensurePythonTools`. */
  readonly bin: string;
  /** A scratch folder: all it writes stays inside. Removing it afterwards is the caller's. */
  readonly folder: string;
  /** A free one where nothing is said. */
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts moto's server with its own state machine interpreter on; it keeps everything in memory. */
export async function startMoto(options: MotoOptions): Promise<Emulator> {
  const port = options.port ?? (await freePort());
  const emulator = await startEmulator({
    name: 'moto',
    command: join(options.bin, 'moto_server'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
    folder: options.folder,
    port,
    readyPath: '/moto-api/data.json',
    environment: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...options.environment },
  });
  const response = await fetch(`${emulator.endpoint}/moto-api/config`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
  });
  if (!response.ok) {
    await emulator.stop();
    throw new Error(`moto refused to run state machines: ${response.status} ${await response.text()}`);
  }
  return emulator;
}
