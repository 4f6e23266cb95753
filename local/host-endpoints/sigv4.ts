import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came in: path and query still encoded, header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the verifier knows of an access key. */
export interface SigningKey {
  readonly secretAccessKey: string;
  /** Keys of a role come with one, which every request must carry. */
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SigningScope {
  readonly region: string;
  readonly service: 's3' | 'ssm';
}

/** Why a request is not what its signature says; each service has an error code of its own for it. */
export type SignatureProblem =
  | 'unsigned'
  | 'malformed'
  | 'unknown-key'
  | 'wrong-token'
  | 'expired-token'
  | 'skewed'
  | 'wrong-scope'
  | 'header-not-signed'
  | 'payload-mismatch'
  | 'mismatch';

export type SignatureVerdict =
  | { readonly kind: 'valid'; readonly accessKeyId: string }
  | { readonly kind: 'invalid'; readonly problem: SignatureProblem; readonly detail: string };

/** AWS accepts a clock that is off by so much. */
export const maxSkewMilliseconds = 15 * 60 * 1_000;

/**
 * Checks a Signature Version 4 in the Authorization header: key, token, date, scope, signed headers, payload hash and
 * the signature itself. Presigned URLs (signature in the query) count as unsigned: hosts never get one.
 */
export function verifySignature(
  request: SignedRequest,
  scope: SigningScope,
  keyOf: (accessKeyId: string) => SigningKey | undefined,
  now: number,
): SignatureVerdict {
  const { headers } = request;
  const authorization = headers['authorization'];
  if (authorization === undefined) return invalid('unsigned', 'no Authorization header');
  const parts = parseAuthorization(authorization);
  if (parts === undefined) return invalid('malformed', 'the Authorization header is not an AWS4-HMAC-SHA256 one');
  const key = keyOf(parts.accessKeyId);
  if (key === undefined) return invalid('unknown-key', parts.accessKeyId);
  if (headers['x-amz-security-token'] !== key.sessionToken) return invalid('wrong-token', parts.accessKeyId);
  if (now >= key.expiresAt) return invalid('expired-token', parts.accessKeyId);

  const stamp = headers['x-amz-date'] ?? '';
  const signedAt = parseStamp(stamp);
  if (signedAt === undefined) return invalid('malformed', 'x-amz-date is not like 20261122T204500Z');
  if (Math.abs(now - signedAt) > maxSkewMilliseconds) return invalid('skewed', stamp);
  const expectedScope = `${stamp.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  if (parts.scope !== expectedScope) return invalid('wrong-scope', `${parts.scope} is not ${expectedScope}`);

  const unsigned = Object.keys(headers).find(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !parts.signedHeaders.includes(name),
  );
  if (unsigned !== undefined) return invalid('header-not-signed', unsigned);
  const missing = parts.signedHeaders.find((name) => headers[name] === undefined);
  if (missing !== undefined) return invalid('mismatch', `${missing} is signed and was not sent`);

  const actualHash = sha256(request.body);
  const claimedHash = headers['x-amz-content-sha256'] ?? actualHash;
  const isUnsignedPayload = scope.service === 's3' && claimedHash === 'UNSIGNED-PAYLOAD';
  if (!isUnsignedPayload && claimedHash !== actualHash) return invalid('payload-mismatch', actualHash);

  const canonical = canonicalRequest(request, scope, parts.signedHeaders, claimedHash);
  const toSign = ['AWS4-HMAC-SHA256', stamp, parts.scope, sha256(canonical)].join('\n');
  const expected = Buffer.from(hmac(signingKey(key.secretAccessKey, parts.scope), toSign).toString('hex'));
  const given = Buffer.from(parts.signature);
  const isSame = expected.length === given.length && timingSafeEqual(expected, given);
  return isSame ? { kind: 'valid', accessKeyId: parts.accessKeyId } : invalid('mismatch', 'signature');
}

function invalid(problem: SignatureProblem, detail: string): SignatureVerdict {
  return { kind: 'invalid', problem, detail };
}

interface Authorization {
  readonly accessKeyId: string;
  /** `20261122/eu-west-1/s3/aws4_request` */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization(text: string): Authorization | undefined {
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([A-Z0-9]+)\/([^, ]+), *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})$/.exec(
      text,
    );
  const [, accessKeyId, scope, names, signature] = match ?? [];
  if (accessKeyId === undefined || scope === undefined || names === undefined || signature === undefined) {
    return undefined;
  }
  return { accessKeyId, scope, signedHeaders: names.split(';'), signature };
}

function parseStamp(stamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

function canonicalRequest(
  request: SignedRequest,
  scope: SigningScope,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const headers = signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    canonicalPath(request.path, scope.service),
    canonicalQuery(request.query),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** S3 encodes each segment of the path once, every other service the path as it is sent, thus twice. */
function canonicalPath(path: string, service: SigningScope['service']): string {
  const segments = path.split('/');
  return segments.map((segment) => encode(service === 's3' ? decode(segment) : segment)).join('/');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [encode(decode(name)), encode(decode(value.join('=')))] as const;
    })
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** RFC 3986: only letters, digits and - . _ ~ stay. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Text that is not well encoded stays as it is, and then has no valid signature. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function signingKey(secret: string, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
