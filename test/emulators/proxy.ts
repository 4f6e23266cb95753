import { createServer, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type LoopbackServer, serveLoopback } from './serve-loopback.ts';

interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** `AmazonSSM.SendCommand`; empty for the protocols that have none. */
  readonly target: string;
  readonly body: string;
}

/** What is done to a request between the SDK and an emulator. */
export interface ProxyRules {
  /** Path and body to send on. */
  readonly rewrite?: (request: ProxiedRequest) => Pick<ProxiedRequest, 'path' | 'body'>;
  /** A JSON answer in the emulator's place. */
  readonly answer?: (request: ProxiedRequest) => unknown;
  /** The emulator does it, and the connection is reset in place of its answer. */
  readonly isLost?: (request: ProxiedRequest) => boolean;
}

/** A server in front of an emulator that hands every request on, but for the rules. */
export async function startProxy(target: string, rules: ProxyRules): Promise<LoopbackServer> {
  const { host } = new URL(target);

  async function handOn(incoming: IncomingMessage, path: string, body: Buffer): Promise<IncomingMessage> {
    const headers = { ...incoming.headers, host, connection: 'close', 'content-length': String(body.byteLength) };
    delete headers['transfer-encoding'];
    return new Promise((resolve, reject) => {
      const options = { method: incoming.method, headers };
      request(`${target}${path}`, options, resolve).once('error', reject).end(body);
    });
  }

  const server = createServer(async (incoming, outgoing) => {
    try {
      const body = await buffer(incoming);
      const asked: ProxiedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '/',
        target: String(incoming.headers['x-amz-target'] ?? ''),
        body: body.toString('latin1'),
      };
      const own = rules.answer?.(asked);
      if (own !== undefined) {
        outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(own));
        return;
      }
      const onward = rules.rewrite?.(asked) ?? asked;
      const answer = await handOn(incoming, onward.path, Buffer.from(onward.body, 'latin1'));
      if (rules.isLost?.(asked) === true) {
        await buffer(answer);
        incoming.socket.resetAndDestroy();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    } catch {
      // Either side went away.
      incoming.socket.destroy();
    }
  });
  return serveLoopback(server);
}
