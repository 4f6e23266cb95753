/** Services that the tests ask by hand: the SDK's clients of these are no dependency of the project. */
const protocols = {
  AmazonSQS: { service: 'sqs', contentType: 'application/x-amz-json-1.0' },
  AmazonSSM: { service: 'ssm', contentType: 'application/x-amz-json-1.1' },
  AWSStepFunctions: { service: 'states', contentType: 'application/x-amz-json-1.0' },
  Logs_20140328: { service: 'logs', contentType: 'application/x-amz-json-1.1' },
  GraniteServiceVersion20100801: { service: 'monitoring', contentType: 'application/x-amz-json-1.0' },
  AWSEvents: { service: 'events', contentType: 'application/x-amz-json-1.1' },
} as const;

export interface EmulatorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `callEmulator(url, 'AmazonSQS.CreateQueue', { QueueName })`, with a signature that no emulator looks at. */
export async function callEmulator(
  endpoint: string,
  target: `${keyof typeof protocols}.${string}`,
  input: unknown,
): Promise<EmulatorAnswer> {
  const { service, contentType } = protocols[target.split('.')[0] as keyof typeof protocols];
  const scope = `test/20260101/eu-west-1/${service}/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'x-amz-target': target,
      'content-type': contentType,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return { status: response.status, body: parse(text) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return { text };
  }
}
