import { join } from 'node:path';
import { type Emulator, freePort, startEmulator } from './emulator.ts';

export interface MiniStackOptions {
  /** The folder of its program, from `ensurePythonTools`. */
  readonly bin: string;
  /** A scratch folder: all it writes stays inside. Removing it afterwards is the caller's. */
  readonly folder: string;
  /** A free one where nothing is said. */
  readonly port?: number;
  /** `eu-west-1` where nothing is said. */
  readonly region?: string;
  /** Twelve digits; `000000000000` where nothing is said. */
  readonly accountId?: string;
  /**
   * Its Lambdas inherit all of this: `AWS_ENDPOINT_URL` makes them call another address than MiniStack's own, such as a
   * server that stands in front of it.
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts MiniStack with nothing in it. Its Lambdas run on the Node of this process. */
export async function startMiniStack(options: MiniStackOptions): Promise<Emulator> {
  const port = options.port ?? (await freePort());
  const { folder } = options;
  const node = join(process.execPath, '..');
  return startEmulator({
    name: 'ministack',
    command: join(options.bin, 'ministack'),
    args: [],
    folder,
    port,
    readyPath: '/_ministack/ready',
    environment: {
      PATH: `${node}:${process.env['PATH'] ?? ''}`,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: options.region ?? 'eu-west-1',
      MINISTACK_ACCOUNT_ID: options.accountId ?? '000000000000',
      STATE_DIR: join(folder, 'state'),
      S3_DATA_DIR: join(folder, 's3'),
      // Listeners on fixed ports, which a second MiniStack on this machine could not have.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...options.environment,
    },
  });
}
