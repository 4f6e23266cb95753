/**
 * A release as it is written to `rollgate/<service>/releases/<n>.json`: immutable, and everything a host needs to run
 * it. Hosts download the manifest and check its SHA-256, which the `install` command carries.
 */
export interface ReleaseManifest {
  readonly schema: 1;
  readonly service: string;
  /** 42 */
  readonly number: number;
  /** `v42-1a2b3c4d5e6f`: number and the first 12 hex digits of `contentSha256`; the directory name on the host. */
  readonly releaseId: string;
  /** SHA-256 over the artifact's SHA-256 and the canonical JSON of `configuration`: equal content, equal release. */
  readonly contentSha256: string;
  readonly artifact: {
    readonly sha256: string;
    readonly bytes: number;
    /** Where it was uploaded. */
    readonly bucket: string;
    readonly key: string;
    readonly versionId: string;
    /** SHA-256 of the requirements file inside the zip: releases that share it share resolved packages and virtualenv. */
    readonly requirementsSha256: string;
  };
  /** Key, in the state bucket, of the immutable copy that hosts download. */
  readonly zipKey: string;
  readonly createdAt: string;
  readonly configuration: HostConfiguration;
}

/** The part of `services/<service>.yml` that reaches the host, with every address resolved. Holds no secret value. */
export interface HostConfiguration {
  readonly service: string;
  /** systemd `Description=` */
  readonly description: string;
  readonly runtime: {
    readonly python: { readonly preferred: string; readonly accepted: readonly string[] };
    /** OS packages per package manager; only missing ones are installed. */
    readonly packages: {
      readonly yum: readonly string[];
      readonly dnf: readonly string[];
      readonly apt: readonly string[];
    };
    readonly requirementsFile: string;
  };
  readonly run: {
    /** `roboshop`, or `root` (possible and warned about). */
    readonly user: string;
    /** Program of the virtualenv's bin directory. */
    readonly program: string;
    readonly arguments: readonly string[];
  };
  readonly unit: {
    readonly stopSeconds: number;
    readonly restartSeconds: number;
  };
  /** Plain environment, resolved: `{ CART_HOST: "10.0.0.5", CART_PORT: "8080" }`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Read by the host with its own role. `version` pins one version of the parameter. */
  readonly secrets: readonly { readonly name: string; readonly parameter: string; readonly version?: number }[];
  readonly health: {
    readonly port: number;
    readonly path: string;
    readonly expectStatus: number;
    readonly consecutiveSuccesses: number;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    /** The service must stay active, without a restart, this long. */
    readonly stableSeconds: number;
    readonly deadlineSeconds: number;
    /** Extended regular expressions; a journal line of this start that matches one fails the gate. */
    readonly journalPatterns: readonly string[];
    /** Names of checks that run and report, and decide nothing; absent: none. */
    readonly reportOnly?: readonly string[];
  };
  readonly upstreams: readonly Upstream[];
  readonly retention: { readonly releases: number };
}

/** A service that this one calls; checked from the host by `install` (preflight) and by `verify`. */
export interface Upstream {
  readonly name: string;
  readonly kind: 'tcp' | 'amqp';
  readonly host: string;
  readonly port: number;
  /** The environment variable that carries the host, and where its value came from: `tag Service=cart`, `literal`. */
  readonly variable: string;
  readonly source: string;
  /** AMQP only: the variables that hold user and password, and the virtual host. */
  readonly amqp?: { readonly userVariable: string; readonly passwordVariable: string; readonly vhost: string };
}

/** `v42` of 42. */
export function releaseName(number: number): string {
  return `v${number}`;
}

/** 42 of `v42`; undefined where the text is no release name. `v0` is what ran before Rollgate. */
export function releaseNumber(name: string): number | undefined {
  const match = /^v(0|[1-9][0-9]{0,8})$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
