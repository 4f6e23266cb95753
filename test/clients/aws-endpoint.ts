import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished, vi } from 'vitest';
import { createAwsPorts } from '../../clients/aws/aws-ports.ts';
import type { AwsSettings } from '../../clients/aws/aws-settings.ts';
import type { Ports } from '../../clients/ports.ts';

/** A request as it came over the wire. */
export interface Request {
  readonly method: string;
  /** Decoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `SendCommand`, `StartExecution`, `DescribeInstances`; of S3 the method. */
  readonly action: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `lost`: the connection breaks before the answer; `cut`: in the middle of it; `silent`: it never comes. */
type Reply = Answer | 'lost' | 'cut' | 'silent';

/** AWS as a server on this machine that answers what a test says; the SDK in front of it is the real one. */
export interface Endpoint {
  readonly url: string;
  readonly requests: readonly Request[];
  /** Actions in the order in which they came. */
  actions(): readonly string[];
  /** Answers every request from now on. */
  answer(reply: (request: Request, index: number) => Reply): void;
  /** Answers the next requests one after another; the last one stands for all that follow. */
  answerInTurn(...replies: readonly Reply[]): void;
  /** Connections that the client has closed while their answer was due. */
  readonly abandoned: number;
  /** Connections that were opened. */
  readonly connections: number;
}

export const settings: AwsSettings = {
  service: 'payment',
  stage: 'prod',
  region: 'eu-west-1',
  accountId: '123456789012',
  stateBucket: 'state',
  artifactBucket: 'builds',
  artifactKey: 'payment.zip',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod',
};

/** The ports on AWS with the real SDK in front of such a server. Its backoff takes no time. */
export async function givenAws(signal?: () => AbortSignal | undefined): Promise<{ aws: Endpoint; ports: Ports }> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  const aws = await startEndpoint();
  onTestFinished(() => {
    random.mockRestore();
    vi.unstubAllEnvs();
  });
  return { aws, ports: createAwsPorts(settings, { endpoint: aws.url, ...(signal === undefined ? {} : { signal }) }) };
}

export async function startEndpoint(): Promise<Endpoint> {
  const requests: Request[] = [];
  let abandoned = 0;
  let connections = 0;
  let replyTo: (request: Request, index: number) => Reply = () => ({ status: 501 });
  const server = createServer((incoming, outgoing) => {
    outgoing.on('close', () => {
      abandoned += outgoing.writableEnded ? 0 : 1;
    });
    void readRequest(incoming).then((request) => {
      requests.push(request);
      send(outgoing, replyTo(request, requests.length - 1));
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    actions: () => requests.map((request) => request.action),
    answer: (reply) => {
      replyTo = reply;
    },
    answerInTurn: (...replies) => {
      const before = requests.length;
      replyTo = (_, index) => replies[Math.min(index - before, replies.length - 1)] ?? { status: 501 };
    },
    get abandoned() {
      return abandoned;
    },
    get connections() {
      return connections;
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const body = (await buffer(incoming)).toString('utf8');
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const action =
    headers['x-amz-target']?.split('.').at(-1) ?? new URLSearchParams(body).get('Action') ?? String(incoming.method);
  return {
    method: String(incoming.method),
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers,
    body,
    action,
  };
}

function send(outgoing: ServerResponse, reply: Reply): void {
  if (reply === 'silent') {
    return;
  }
  if (reply === 'lost') {
    outgoing.socket?.destroy();
    return;
  }
  if (reply === 'cut') {
    outgoing.writeHead(200, { 'content-length': '1000' });
    outgoing.write('the first of 1000 bytes', () => outgoing.socket?.destroy());
    return;
  }
  outgoing.writeHead(reply.status ?? 200, reply.headers ?? {});
  outgoing.end(reply.body);
}

/** An answer of SSM or Step Functions. */
export const json = (value: unknown): Answer => ({
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(value),
});

/** An error of SSM or Step Functions. */
export const jsonError = (name: string, message: string, status = 400): Answer => ({
  ...json({ __type: name, message }),
  status,
});

/** An answer of S3 or EC2. */
export const xml = (body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  headers: { 'content-type': 'application/xml', ...headers },
  body,
});

/** An error of S3. */
export const s3Error = (status: number, code: string, message = code): Answer => ({
  ...xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`),
  status,
});
