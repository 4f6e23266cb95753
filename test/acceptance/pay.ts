import { request } from 'node:http';
import type { HostMachine } from '../../local/hosts/host-machine.ts';

/** Pays with the service of a host; status 0 where no connection came about or it broke without an answer. */
export function pay(host: HostMachine, delaySeconds = 0): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve) => {
    const path = `/pay/rollgate-test?delay=${delaySeconds}`;
    const body = JSON.stringify({ items: [{ sku: 'STAN-1', qty: 1 }], total: 10 });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = {
      host: host.addresses[0],
      port: 8080,
      path,
      method: 'POST',
      headers,
      timeout: 20_000,
      agent: false,
    };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', () => resolve({ status: -1, body: '' }));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code === 'ECONNREFUSED' ? 0 : -1, body: error.message }),
    );
    asked.end(body);
  });
}
