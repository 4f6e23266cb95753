import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EndpointRequest, EndpointResponse } from './endpoint.ts';
import type { ParameterReader, StoredParameter } from './parameter-store.ts';
import type { CredentialIssuer, RoleCredentials } from './role-credentials.ts';
import { maxSkewMilliseconds, type SignatureProblem, verifySignature } from './sigv4.ts';

export interface ParameterEndpointOptions {
  readonly region: string;
  readonly account: string;
  readonly parameters: ParameterReader;
  /** The host's role may read what lies below these: `/payment/local/`. */
  readonly readablePrefixes: readonly string[];
  readonly now: () => number;
  readonly credentials: CredentialIssuer;
  /** A simulated fault: how every read is refused; null where none is. */
  readonly refusal?: () => ParameterRefusal | null;
}

/** How SSM refuses a host that may not read, or no longer. */
export type ParameterRefusal = 'AccessDeniedException' | 'ExpiredTokenException';

/** GetParameters takes at most so many names. */
const maxNames = 10;

/** Error names of each refusal, as AWS's JSON services give them; the status is always 400. */
const problems: Readonly<Record<SignatureProblem, readonly [string, string]>> = {
  unsigned: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
  malformed: ['IncompleteSignatureException', 'The Authorization header is not complete.'],
  'unknown-key': ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  'wrong-token': ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  'expired-token': ['ExpiredTokenException', 'The security token included in the request is expired'],
  skewed: ['InvalidSignatureException', 'Signature expired or not yet current.'],
  'wrong-scope': ['InvalidSignatureException', 'Credential should be scoped to a valid region and service.'],
  'header-not-signed': ['InvalidSignatureException', 'A header of this request must be signed and is not.'],
  'payload-mismatch': ['InvalidSignatureException', 'The payload is not the one that was signed.'],
  mismatch: [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  ],
};

const getParameterInput = z.object({ Name: z.string(), WithDecryption: z.boolean().default(false) });
const getParametersInput = z.object({
  Names: z.array(z.string()).min(1).max(maxNames),
  WithDecryption: z.boolean().default(false),
});

/** SSM's GetParameter and GetParameters (JSON 1.1) for the hosts. */
export function createParameterEndpoint(
  options: ParameterEndpointOptions,
): (request: EndpointRequest) => Promise<EndpointResponse> {
  return async (request) => {
    const action = (request.headers['x-amz-target'] ?? '').replace(/^AmazonSSM\./, '');
    const verdict = verifySignature(
      request,
      { region: options.region, service: 'ssm' },
      (accessKeyId) => options.credentials.find(accessKeyId),
      options.now(),
    );
    const caller = verdict.kind === 'valid' ? options.credentials.find(verdict.accessKeyId) : undefined;
    const input = parseInput(action, request.body);
    const access = {
      instanceId: caller?.instanceId ?? request.host?.instanceId,
      endpoint: 'ssm' as const,
      action,
      resources: input?.names ?? [],
    };
    const refuse = (type: string, message: string): EndpointResponse => ({
      ...json(400, { __type: type, message }),
      access: { ...access, error: type },
    });

    if (verdict.kind === 'invalid' || caller === undefined) {
      const problem = verdict.kind === 'invalid' ? verdict.problem : 'unknown-key';
      const [type, message] = problems[problem];
      const isSkewed = problem === 'skewed' && verdict.kind === 'invalid';
      return refuse(type, isSkewed ? skewMessage(verdict.detail, options.now()) : message);
    }
    const refusal = options.refusal?.() ?? null;
    if (refusal === 'ExpiredTokenException') return refuse(...problems['expired-token']);
    if (refusal === 'AccessDeniedException')
      return refuse(refusal, denial(caller, action, input?.names[0] ?? '', options));
    if (action !== 'GetParameter' && action !== 'GetParameters') {
      return refuse('UnknownOperationException', `${action} is not served here`);
    }
    if (input === undefined) return refuse('ValidationException', 'The input is not that of this operation.');
    const forbidden = input.names.find(
      (name) => !options.readablePrefixes.some((prefix) => parseSelector(name).name.startsWith(prefix)),
    );
    if (forbidden !== undefined) return refuse('AccessDeniedException', denial(caller, action, forbidden, options));

    const found = await Promise.all(
      input.names.map(async (name) => ({ name, parameter: await lookUp(options.parameters, name) })),
    );
    const describe = (parameter: StoredParameter, asked: string) =>
      describeParameter(parameter, asked, input.withDecryption, options);
    if (action === 'GetParameters') {
      const Parameters = found.flatMap(({ name, parameter }) => (parameter ? [describe(parameter, name)] : []));
      const InvalidParameters = found.filter(({ parameter }) => parameter === undefined).map(({ name }) => name);
      return { ...json(200, { Parameters, InvalidParameters }), access };
    }
    const [only] = found;
    if (only?.parameter !== undefined) {
      return { ...json(200, { Parameter: describe(only.parameter, only.name) }), access };
    }
    const isKnown = (await options.parameters.get(parseSelector(only?.name ?? '').name)) !== undefined;
    return isKnown
      ? refuse('ParameterVersionNotFound', `Systems Manager could not find version ${only?.name.split(':')[1]}.`)
      : refuse('ParameterNotFound', `Parameter ${only?.name} not found.`);
  };
}

function parseInput(
  action: string,
  body: Uint8Array,
): { readonly names: readonly string[]; readonly withDecryption: boolean } | undefined {
  const raw = parseJson(body);
  if (action === 'GetParameter') {
    const { data } = getParameterInput.safeParse(raw);
    return data && { names: [data.Name], withDecryption: data.WithDecryption };
  }
  const { data } = getParametersInput.safeParse(raw);
  return data && { names: data.Names, withDecryption: data.WithDecryption };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** `/payment/prod/AMQP_PASS:3` names version 3. Labels are not kept here, so they name nothing. */
function parseSelector(text: string): { readonly name: string; readonly selector: string } {
  const colon = text.indexOf(':');
  return colon === -1 ? { name: text, selector: '' } : { name: text.slice(0, colon), selector: text.slice(colon) };
}

async function lookUp(store: ParameterReader, asked: string): Promise<StoredParameter | undefined> {
  const { name, selector } = parseSelector(asked);
  if (selector === '') return store.get(name);
  return /^:[1-9][0-9]*$/.test(selector) ? store.get(name, Number(selector.slice(1))) : undefined;
}

function describeParameter(
  parameter: StoredParameter,
  asked: string,
  withDecryption: boolean,
  options: ParameterEndpointOptions,
): Readonly<Record<string, unknown>> {
  const { selector } = parseSelector(asked);
  const isHidden = parameter.type === 'SecureString' && !withDecryption;
  return {
    Name: parameter.name,
    Type: parameter.type,
    // Without decryption AWS gives the ciphertext, which tells nothing either.
    Value: isHidden ? `AQICAH${randomBytes(120).toString('base64')}` : parameter.value,
    Version: parameter.version,
    ...(selector === '' ? {} : { Selector: selector }),
    LastModifiedDate: Date.parse(parameter.modifiedAt) / 1_000,
    ARN: `arn:aws:ssm:${options.region}:${options.account}:parameter${withSlash(parameter.name)}`,
    DataType: 'text',
  };
}

function denial(caller: RoleCredentials, action: string, name: string, options: ParameterEndpointOptions): string {
  const { region, account } = options;
  const user = `arn:aws:sts::${account}:assumed-role/${caller.role}/${caller.instanceId}`;
  const resource = `arn:aws:ssm:${region}:${account}:parameter${withSlash(parseSelector(name).name)}`;
  return `User: ${user} is not authorized to perform: ssm:${action} on resource: ${resource}`;
}

function withSlash(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/** AWS says which way the clock is off, in this wording. */
function skewMessage(stamp: string, now: number): string {
  const compact = (milliseconds: number): string => new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return stamp < compact(now)
    ? `Signature expired: ${stamp} is now earlier than ${compact(now - maxSkewMilliseconds)} (${compact(now)} - 15 min.)`
    : `Signature not yet current: ${stamp} is still later than ${compact(now + maxSkewMilliseconds)} (${compact(now)} + 15 min.)`;
}

function json(status: number, body: unknown): Pick<EndpointResponse, 'status' | 'headers' | 'body'> {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify(body),
  };
}
