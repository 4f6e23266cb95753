import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { type LoopbackServer, serveLoopback } from '../../emulators/serve-loopback.ts';

/** A request that the gateway has read whole, because one of its parts may want it. */
export interface GatewayRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a part of the gateway makes of a request: an answer of its own, another body to pass on, or nothing. */
type GatewayDecision = GatewayResponse | { readonly passOn: Buffer } | undefined;

/** One thing that the emulator does not do. */
export interface GatewayPart {
  /** By headers alone: the body of other requests is passed on as it comes. */
  wants(request: Pick<IncomingMessage, 'method' | 'headers'>): boolean;
  handle(request: GatewayRequest): Promise<GatewayDecision>;
}

/** Its endpoint is what every client is given as AWS_ENDPOINT_URL. */
export type Gateway = LoopbackServer;

/**
 * Stands between all clients and the emulator: Lambdas, packager, command line. Its parts answer or change what the
 * emulator cannot do; everything else passes through byte for byte. It says that clients came by TLS, as a server that
 * ends TLS does: bucket policies ask for it, and on the loopback there is none.
 */
export async function openGateway(options: {
  readonly port: number;
  readonly emulatorPort: number;
  readonly parts: readonly GatewayPart[];
  readonly log: (line: string) => void;
}): Promise<Gateway> {
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      options.log(`gateway: ${incoming.method} ${incoming.url}: ${error instanceof Error ? error.stack : error}`);
      if (!outgoing.headersSent) outgoing.writeHead(502);
      outgoing.end();
    });
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const parts = options.parts.filter((part) => part.wants(incoming));
    if (parts.length === 0) return passOn(incoming, outgoing);
    const original = await readBody(incoming);
    const request = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: incoming.headers,
      body: original,
    };
    for (const part of parts) {
      const decision = await part.handle(request);
      if (decision === undefined) continue;
      if ('passOn' in decision) return passOn(incoming, outgoing, decision.passOn);
      outgoing.writeHead(decision.status, { ...decision.headers });
      outgoing.end(decision.body);
      return undefined;
    }
    return passOn(incoming, outgoing, original);
  }

  function passOn(incoming: IncomingMessage, outgoing: ServerResponse, body?: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const { rawHeaders, method, url } = incoming;
      const headers = pairs(rawHeaders).filter(([name]) => !hopByHop.has(name.toLowerCase()));
      const kept = body === undefined ? headers : headers.filter(([name]) => name.toLowerCase() !== 'content-length');
      const length = body === undefined ? [] : [['Content-Length', String(body.length)] as const];
      const upstream = sendRequest(
        // A connection for each request: the emulator closes idle ones just when the next request is sent.
        { host: '127.0.0.1', port: options.emulatorPort, method, path: url, agent: false },
        (answer) => {
          const answered = pairs(answer.rawHeaders).filter(([name]) => !hopByHop.has(name.toLowerCase()));
          outgoing.writeHead(answer.statusCode ?? 502, answered.flat());
          answer.pipe(outgoing);
          answer.once('error', reject);
          outgoing.once('close', resolve);
        },
      );
      for (const [name, values] of grouped([...kept, ...length])) upstream.setHeader(name, values);
      upstream.setHeader('X-Forwarded-Proto', 'https');
      upstream.once('error', reject);
      if (body === undefined) incoming.pipe(upstream);
      else upstream.end(body);
    });
  }

  return serveLoopback(server, options.port);
}

/** Of one connection, not of the request; `expect` is answered by this server itself. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'expect']);

function pairs(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
}

function grouped(headers: readonly (readonly [string, string])[]): ReadonlyMap<string, string | string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of headers) found.set(name, [...(found.get(name) ?? []), value]);
  return new Map([...found].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of incoming) blocks.push(block as Buffer);
  return Buffer.concat(blocks);
}
