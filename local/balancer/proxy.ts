import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalTargetGroup } from './target-group.ts';

export interface ProxyOptions {
  readonly group: Pick<LocalTargetGroup, 'next' | 'opened'>;
  /** Undefined where nobody knows the instance. */
  readonly addressOf: (instanceId: string) => string | undefined;
}

/** The front door of the simulated load balancer. */
export interface BalancerProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Passes requests on to the group's targets in turn. As with ELB, a request that its target does not answer is the
 * client's to see (502), and is not tried elsewhere; without any target the answer is 503.
 */
export async function startProxy({ group, addressOf }: ProxyOptions): Promise<BalancerProxy> {
  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const target = group.next();
    const host = target === undefined ? undefined : addressOf(target.instanceId);
    if (target === undefined || host === undefined) {
      refuse(outgoing, 503, 'no target');
      return;
    }
    const closed = group.opened(target);
    outgoing.on('close', closed);
    const { method, url: path, headers } = incoming;
    const onward = request({ host, port: target.port, method, path, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', (error) => refuse(outgoing, 502, `${target.instanceId}: ${error.message}`));
    incoming.pipe(onward);
  }

  const server = createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(outgoing: ServerResponse, status: number, why: string): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(status, { 'content-type': 'text/plain' }).end(`simulated load balancer: ${why}\n`);
}
