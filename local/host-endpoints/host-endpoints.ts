import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clients/ports.ts';
import type { AccessEntry, EndpointHost, EndpointRequest, EndpointResponse } from './endpoint.ts';
import { createInstanceMetadata } from './instance-metadata.ts';
import { createParameterEndpoint, type ParameterRefusal } from './parameter-endpoint.ts';
import type { ParameterReader } from './parameter-store.ts';
import { createCredentialIssuer } from './role-credentials.ts';
import { createStateBucket } from './state-bucket.ts';

export interface HostEndpointsOptions {
  /** Where to listen; all of it is served on each. Port 0 takes a free one. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly hostOf: (sourceAddress: string) => EndpointHost | undefined;
  readonly service: string;
  readonly region: string;
  readonly account?: string;
  readonly stateBucket: string;
  readonly readObject: (key: string) => Promise<Uint8Array | undefined>;
  readonly parameters: ParameterReader;
  /** `/payment/local/`: parameters below it may be read by the hosts. */
  readonly parameterPrefix: string;
  /** A simulated fault: how every read of a parameter is refused. */
  readonly parameterRefusal?: () => ParameterRefusal | null;
  readonly clock: Pick<Clock, 'now'>;
  readonly credentialSeconds?: number;
  readonly onAccess?: (entry: AccessEntry) => void;
  readonly log?: (line: string) => void;
}

/** What hosts call in place of AWS: instance metadata, GetObject on the state bucket, GetParameters. */
export interface HostEndpoints {
  /** Starts to listen; the addresses with the ports that were taken, in the order of `listen`. */
  open(): Promise<readonly { readonly address: string; readonly port: number; readonly url: string }[]>;
  /** Stops listening and cuts connections: to the hosts the network is down. `open` takes the same ports again. */
  close(): Promise<void>;
}

const maxBodyBytes = 1_048_576;
const sixHours = 6 * 3_600;

/** Makes the endpoints; nothing listens before `open`. */
export function createHostEndpoints(options: HostEndpointsOptions): HostEndpoints {
  const now = (): number => options.clock.now();
  const credentials = createCredentialIssuer(now, options.credentialSeconds ?? sixHours);
  const { region, account = '000000000000', service } = options;
  const metadata = createInstanceMetadata({ region, now, credentials });
  const bucket = createStateBucket({
    region,
    bucket: options.stateBucket,
    readablePrefixes: [`rollgate/${service}/releases/`, `rollgate/${service}/packages/`],
    readObject: options.readObject,
    now,
    credentials,
  });
  const parameters = createParameterEndpoint({
    region,
    account,
    parameters: options.parameters,
    readablePrefixes: [options.parameterPrefix],
    now,
    credentials,
    ...(options.parameterRefusal === undefined ? {} : { refusal: options.parameterRefusal }),
  });

  async function route(request: EndpointRequest): Promise<EndpointResponse> {
    if (request.path.startsWith('/latest/')) return metadata(request);
    if (request.headers['x-amz-target'] !== undefined) return parameters(request);
    return bucket(request);
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (body === undefined) {
      outgoing.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const request = toRequest(incoming, body, options.hostOf);
    const response = await route(request);
    options.onAccess?.({
      at: new Date(now()).toISOString(),
      sourceAddress: request.sourceAddress,
      status: response.status,
      ...response.access,
    });
    outgoing.writeHead(response.status, { ...response.headers, date: new Date(now()).toUTCString() });
    outgoing.end(response.body);
  }

  const places = options.listen.map((place) => ({ ...place }));
  let servers: Server[] = [];

  async function close(): Promise<void> {
    const open = servers;
    servers = [];
    await Promise.all(
      open.map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  }

  return {
    async open() {
      await close();
      try {
        for (const place of places) {
          const server = createServer((incoming, outgoing) => {
            handle(incoming, outgoing).catch((error: unknown) => {
              options.log?.(`host endpoints: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
              if (!outgoing.headersSent) outgoing.writeHead(500);
              outgoing.end();
            });
          });
          servers.push(server);
          place.port = await listen(server, place.address, place.port);
        }
      } catch (error) {
        await close();
        throw error;
      }
      return places.map((place) => ({ ...place, url: `http://${place.address}:${place.port}` }));
    },
    close,
  };
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  for await (const block of incoming) {
    bytes += block.length;
    if (bytes > maxBodyBytes) return undefined;
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

function toRequest(
  incoming: IncomingMessage,
  body: Uint8Array,
  hostOf: HostEndpointsOptions['hostOf'],
): EndpointRequest {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  const sourceAddress = (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const],
  );
  return {
    method: incoming.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: Object.fromEntries(headers),
    body,
    sourceAddress,
    host: hostOf(sourceAddress),
  };
}
