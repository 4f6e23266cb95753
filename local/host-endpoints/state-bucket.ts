import { createHash, randomUUID } from 'node:crypto';
import type { EndpointRequest, EndpointResponse } from './endpoint.ts';
import type { CredentialIssuer } from './role-credentials.ts';
import { type SignatureProblem, verifySignature } from './sigv4.ts';

export interface StateBucketOptions {
  readonly region: string;
  readonly bucket: string;
  /** The host's role may read what lies below these. */
  readonly readablePrefixes: readonly string[];
  readonly readObject: (key: string) => Promise<Uint8Array | undefined>;
  readonly now: () => number;
  readonly credentials: CredentialIssuer;
}

/** Code, status and sentence of each refusal, as S3 gives them. */
const problems: Readonly<Record<SignatureProblem, readonly [string, number, string]>> = {
  unsigned: ['AccessDenied', 403, 'Access Denied'],
  malformed: ['AuthorizationHeaderMalformed', 400, 'The authorization header is malformed.'],
  'unknown-key': ['InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.'],
  'wrong-token': ['InvalidToken', 400, 'The provided token is malformed or otherwise invalid.'],
  'expired-token': ['ExpiredToken', 400, 'The provided token has expired.'],
  skewed: ['RequestTimeTooSkewed', 403, 'The difference between the request time and the current time is too large.'],
  'wrong-scope': ['AuthorizationHeaderMalformed', 400, 'The authorization header is malformed.'],
  'header-not-signed': ['AccessDenied', 403, 'There were headers present in the request which were not signed'],
  'payload-mismatch': [
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
  mismatch: [
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
};

/** GetObject and HeadObject on the state bucket, path style, for the hosts. */
export function createStateBucket(
  options: StateBucketOptions,
): (request: EndpointRequest) => Promise<EndpointResponse> {
  return async (request) => {
    const name = /^\/([^/]+)\/(.+)$/.exec(request.path);
    const bucket = name?.[1] ?? request.path.slice(1);
    const key = decodeKey(name?.[2] ?? '');
    const verdict = verifySignature(
      request,
      { region: options.region, service: 's3' },
      (accessKeyId) => options.credentials.find(accessKeyId),
      options.now(),
    );
    const owner = verdict.kind === 'valid' ? options.credentials.find(verdict.accessKeyId)?.instanceId : undefined;
    const access = {
      instanceId: owner ?? request.host?.instanceId,
      endpoint: 's3' as const,
      action: actionOf(request.method),
      resources: [`${bucket}/${key}`],
    };
    const refuse = (code: string, status: number, message: string): EndpointResponse => ({
      status,
      headers: { 'content-type': 'application/xml' },
      ...(request.method === 'HEAD' ? {} : { body: errorXml(code, message, key) }),
      access: { ...access, error: code },
    });

    if (verdict.kind === 'invalid') return refuse(...problems[verdict.problem]);
    if (request.headers['x-amz-content-sha256'] === undefined) {
      return refuse('InvalidRequest', 400, 'Missing required header for this request: x-amz-content-sha256');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse('AccessDenied', 403, 'Access Denied');
    if (bucket !== options.bucket) return refuse('NoSuchBucket', 404, 'The specified bucket does not exist');
    const isReadable = options.readablePrefixes.some((prefix) => key.startsWith(prefix) && key !== prefix);
    if (!isReadable || key.split('/').includes('..')) return refuse('AccessDenied', 403, 'Access Denied');
    const body = await options.readObject(key);
    if (body === undefined) return refuse('NoSuchKey', 404, 'The specified key does not exist.');

    const checksum = createHash('sha256').update(body).digest('base64');
    const isChecksumWanted = request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(body.byteLength),
        etag: `"${createHash('md5').update(body).digest('hex')}"`,
        ...(isChecksumWanted ? { 'x-amz-checksum-sha256': checksum, 'x-amz-checksum-type': 'FULL_OBJECT' } : {}),
      },
      ...(request.method === 'HEAD' ? {} : { body }),
      access,
    };
  };
}

function actionOf(method: string): string {
  if (method === 'GET') return 'GetObject';
  return method === 'HEAD' ? 'HeadObject' : method;
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function errorXml(code: string, message: string, key: string): string {
  const fields = { Code: code, Message: message, Key: key, RequestId: randomUUID() };
  const inner = Object.entries(fields).map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
