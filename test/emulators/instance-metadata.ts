import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Instance metadata that gives everybody the same credentials: the emulators take any. */
export async function startInstanceMetadata(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const credentials = { AccessKeyId: 'test', SecretAccessKey: 'test', Token: 'token' };
  const answers: Readonly<Record<string, string>> = {
    'PUT /latest/api/token': 'session',
    'GET /latest/meta-data/iam/security-credentials/': 'rollgate-host',
    'GET /latest/meta-data/iam/security-credentials/rollgate-host': JSON.stringify(credentials),
  };
  const server = createServer((incoming, outgoing) => {
    const answer = answers[`${incoming.method} ${incoming.url}`];
    outgoing.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
