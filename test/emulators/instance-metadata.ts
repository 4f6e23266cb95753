import { createServer } from 'node:http';
import { type LoopbackServer, serveLoopback } from './serve-loopback.ts';

/** Instance metadata that gives everybody the same credentials: the emulators take any. */
export async function startInstanceMetadata(): Promise<LoopbackServer> {
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
  return serveLoopback(server);
}
