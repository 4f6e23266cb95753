import type { HostConfiguration } from './release-manifest.ts';

/** `services/<service>.yml` as read: checked, defaults filled in, addresses not yet resolved. */
export interface ServiceConfig {
  /** `payment` */
  readonly service: string;
  /** systemd `Description=` */
  readonly description: string;
  readonly artifact: {
    /** Where uploads land; the stage's own artifact bucket where absent. */
    readonly bucket?: string;
    readonly key: string;
  };
  /** Tags that all hosts of the target carry; read them with `targetTags`, which puts the stage in. */
  readonly target: { readonly tags: Tags };
  readonly runtime: {
    readonly python: { readonly preferred: string; readonly accepted: readonly string[] };
    readonly packages: {
      readonly yum: readonly string[];
      readonly dnf: readonly string[];
      readonly apt: readonly string[];
    };
    readonly requirementsFile: string;
  };
  readonly run: { readonly user: string; readonly program: string; readonly arguments: readonly string[] };
  readonly unit: { readonly stopSeconds: number; readonly restartSeconds: number };
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  readonly secrets: Readonly<Record<string, SecretConfig>>;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  readonly health: HealthConfig;
  /** Absent: the hosts stand behind no load balancer that Rollgate would take them out of. */
  readonly loadBalancer?: LoadBalancerConfig;
  readonly rollout: RolloutConfig;
  readonly retention: { readonly releases: number };
}

export type Tags = Readonly<Record<string, string>>;

/** A plain value, or the private address of the one instance that carries these tags. */
export type EnvironmentValue =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'tag'; readonly tags: Tags };

interface SecretConfig {
  /** Name of an SSM SecureString; `{stage}` stands for the stage's name. */
  readonly parameter: string;
  /** Pins one version; absent: always the parameter's current one. */
  readonly version?: number;
}

export type UpstreamConfig =
  | {
      readonly kind: 'tcp';
      /** The variable of `environment` that holds the address. */
      readonly host: string;
      /** A number, or the variable of `environment` that holds it. */
      readonly port: number | string;
    }
  | {
      readonly kind: 'amqp';
      readonly host: string;
      readonly port: number | string;
      /** The variable of `environment` or `secrets` that holds the user. */
      readonly user: string;
      /** The variable of `secrets` that holds the password. */
      readonly password: string;
      readonly vhost: string;
    };

/** Reaches the host as it is. */
type HealthConfig = Omit<HostConfiguration['health'], 'reportOnly'> & {
  readonly reportOnly: readonly string[];
};

interface LoadBalancerConfig {
  /** Name or ARN; `{stage}` stands for the stage's name. */
  readonly targetGroup: string;
  /** The port that the hosts are registered with; `health.port` where absent. */
  readonly port?: number;
  /** After so long a host is activated, whatever connections it still has. */
  readonly drainSeconds: number;
  /** A host that the load balancer does not call healthy by then has failed its gate. */
  readonly healthySeconds: number;
}

/** Cumulative: a number of hosts, or a part of all hosts. */
export type WaveSize = number | `${number}%`;

export type Approval =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'before-staging' | 'before-first-wave' } & ApprovalTerms)
  /** `wave` counts the entries of `waves` from 1. */
  | ({ readonly kind: 'after-wave'; readonly wave: number } & ApprovalTerms);

interface ApprovalTerms {
  /** `uploads`: only deployments that an upload started wait. */
  readonly for: 'all' | 'uploads';
  readonly timeLimitSeconds: number;
}

export interface AlarmConfig {
  readonly name: string;
  /** Its state is shown and decides nothing. */
  readonly isReportOnly: boolean;
}

export interface RolloutConfig {
  readonly waves: readonly WaveSize[];
  readonly maxUnavailable: number;
  readonly maxFailedHosts: number;
  readonly offlineHosts: 'fail' | 'skip';
  readonly bakeSeconds: number;
  readonly approval: Approval;
  /** CloudWatch alarms that stop a rollout; `{stage}` in a name stands for the stage's name. */
  readonly alarms: readonly AlarmConfig[];
  /** From taking the lock until no further host is started. */
  readonly deadlineSeconds: number;
  /** Without a further host staged or through its gate. */
  readonly progressDeadlineSeconds: number;
}

/** The tags of the target's hosts in one stage: `{stage}` in a value stands for the stage's name. */
export function targetTags(config: ServiceConfig, stageName: string): Tags {
  return withStage(config.target.tags, stageName);
}

/** Tags with `{stage}` replaced. */
export function withStage(tags: Tags, stageName: string): Tags {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, value.replaceAll('{stage}', stageName)]));
}

/** The ini file that the program is started with, `payment.ini` of `--ini payment.ini`; undefined where none is named. */
export function iniFile(config: Pick<ServiceConfig, 'run'>): string | undefined {
  const words = config.run.arguments;
  for (const [index, word] of words.entries()) {
    if (word === '--ini') {
      return words[index + 1];
    }
    if (word.startsWith('--ini=')) {
      return word.slice('--ini='.length);
    }
  }
  return undefined;
}
