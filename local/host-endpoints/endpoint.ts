import type { SignedRequest } from './sigv4.ts';

/** A host as the endpoints know it, by the address it calls from. */
export interface EndpointHost {
  readonly instanceId: string;
  readonly zone: string;
  readonly privateAddress: string;
  /** The instance profile's role; without one the host gets no credentials. */
  readonly role?: string;
}

export interface EndpointRequest extends SignedRequest {
  /** IPv4, also where the socket is IPv6. */
  readonly sourceAddress: string;
  readonly host: EndpointHost | undefined;
}

export interface EndpointResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly access: Access;
}

/** What the access log says of a request: who and what, nothing secret. */
interface Access {
  /** The owner of the credentials, else the host of the address, else undefined. */
  readonly instanceId: string | undefined;
  readonly endpoint: 'metadata' | 's3' | 'ssm';
  /** `GetObject`, `GetParameters`, `GET` */
  readonly action: string;
  /** Keys, parameter names or paths. */
  readonly resources: readonly string[];
  /** The error code that was answered. */
  readonly error?: string;
}

export interface AccessEntry extends Access {
  /** ISO 8601 */
  readonly at: string;
  readonly sourceAddress: string;
  readonly status: number;
}
