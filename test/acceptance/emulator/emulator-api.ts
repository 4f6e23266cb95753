/** Calls to the emulator that no SDK client of ours makes; it checks no signature, but finds the service by the scope. */
export interface EmulatorApi {
  readonly endpoint: string;
  /** A call of a JSON service: `json('events', 'AWSEvents.ListRules', {})`. */
  json<Answer>(service: string, target: string, body: unknown): Promise<Answer>;
  /** A call of a Query service; the answer is XML. */
  query(service: string, parameters: Readonly<Record<string, string>>): Promise<string>;
  /** A call of a REST service. */
  rest(
    service: string,
    method: string,
    path: string,
    options?: { readonly body?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<string>;
}

/** The emulator's API without any SDK. Every call throws where the answer is an error. */
export function createEmulatorApi(endpoint: string, region: string): EmulatorApi {
  async function call(
    service: string,
    method: string,
    path: string,
    options: { readonly body?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const scope = `test/20260101/${region}/${service}/aws4_request`;
    const response = await fetch(`${endpoint}${path}`, {
      method,
      headers: {
        ...options.headers,
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      ...(options.body === undefined ? {} : { body: options.body as NonNullable<RequestInit['body']> }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${service} ${method} ${path}: ${response.status} ${text}`);
    return text;
  }

  return {
    endpoint,
    async json<Answer>(service: string, target: string, body: unknown): Promise<Answer> {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const text = await call(service, 'POST', '/', { headers, body: JSON.stringify(body) });
      return JSON.parse(text) as Answer;
    },
    query: (service, parameters) =>
      call(service, 'POST', '/', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(parameters).toString(),
      }),
    rest: call,
  };
}
