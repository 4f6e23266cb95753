import { randomBytes } from 'node:crypto';
import type { EndpointHost, EndpointRequest, EndpointResponse } from './endpoint.ts';
import type { CredentialIssuer } from './role-credentials.ts';

export interface InstanceMetadataOptions {
  readonly region: string;
  readonly now: () => number;
  readonly credentials: CredentialIssuer;
}

const maxTokenSeconds = 21_600;
const secondsHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const tokenHeader = 'x-aws-ec2-metadata-token';

/**
 * Instance metadata, version 2 only: a token must be fetched with PUT and sent along. The address that asks names the
 * instance, as on EC2; an address of no host finds nothing here.
 */
export function createInstanceMetadata(
  options: InstanceMetadataOptions,
): (request: EndpointRequest) => EndpointResponse {
  const tokens = new Map<string, { readonly instanceId: string; readonly expiresAt: number }>();

  function issueToken(request: EndpointRequest, host: EndpointHost): EndpointResponse {
    const seconds = Number(request.headers[secondsHeader] ?? '');
    if (request.headers['x-forwarded-for'] !== undefined) return answer(request, 403, 'Forbidden');
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > maxTokenSeconds)
      return answer(request, 400, 'Bad Request');
    for (const [token, { expiresAt }] of tokens) if (expiresAt <= options.now()) tokens.delete(token);
    const token = randomBytes(42).toString('base64');
    tokens.set(token, { instanceId: host.instanceId, expiresAt: options.now() + seconds * 1_000 });
    return {
      ...answer(request, 200, token),
      headers: { 'content-type': 'text/plain', [secondsHeader]: String(seconds) },
    };
  }

  function hasToken(request: EndpointRequest, host: EndpointHost): boolean {
    const token = tokens.get(request.headers[tokenHeader] ?? '');
    return token !== undefined && token.instanceId === host.instanceId && token.expiresAt > options.now();
  }

  return (request) => {
    const { host } = request;
    if (host === undefined) return answer(request, 404, 'Not Found');
    if (request.path === '/latest/api/token') {
      return request.method === 'PUT' ? issueToken(request, host) : answer(request, 405, 'Method Not Allowed');
    }
    if (request.method !== 'GET') return answer(request, 405, 'Method Not Allowed');
    if (!hasToken(request, host)) return answer(request, 401, 'Unauthorized');
    const text = read(request.path, host, options);
    return text === undefined ? answer(request, 404, 'Not Found') : answer(request, 200, text);
  };
}

function read(path: string, host: EndpointHost, options: InstanceMetadataOptions): string | undefined {
  const simple: Readonly<Record<string, string>> = {
    '/latest/meta-data/instance-id': host.instanceId,
    '/latest/meta-data/local-ipv4': host.privateAddress,
    '/latest/meta-data/placement/region': options.region,
    '/latest/meta-data/placement/availability-zone': host.zone,
    '/latest/dynamic/instance-identity/document': JSON.stringify(
      {
        instanceId: host.instanceId,
        region: options.region,
        availabilityZone: host.zone,
        privateIp: host.privateAddress,
      },
      null,
      2,
    ),
  };
  if (Object.hasOwn(simple, path)) return simple[path];
  const { role } = host;
  const roles = '/latest/meta-data/iam/security-credentials/';
  if (role === undefined) return undefined;
  if (path === roles || `${path}/` === roles) return role;
  return path === `${roles}${encodeURIComponent(role)}` ? credentialsText(host.instanceId, role, options) : undefined;
}

function credentialsText(instanceId: string, role: string, options: InstanceMetadataOptions): string {
  const credentials = options.credentials.issue(instanceId, role);
  const instant = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
  return JSON.stringify(
    {
      Code: 'Success',
      LastUpdated: instant(credentials.issuedAt),
      Type: 'AWS-HMAC',
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      Expiration: instant(credentials.expiresAt),
    },
    null,
    2,
  );
}

function answer(request: EndpointRequest, status: number, body: string): EndpointResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain' },
    body,
    access: {
      instanceId: request.host?.instanceId,
      endpoint: 'metadata',
      action: request.method,
      resources: [request.path],
      ...(status === 200 ? {} : { error: body }),
    },
  };
}
