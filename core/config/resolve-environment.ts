import { InvalidDeploymentError } from '../model/errors.ts';
import type { HostConfiguration, Upstream } from '../model/release-manifest.ts';
import { type EnvironmentValue, type ServiceConfig, type Tags, withStage } from '../model/service-config.ts';
import { pathText } from './problems.ts';

/** Instances to look for; `key` is the text of the tags: `Service=cart`, several joined by `, `. */
export interface EnvironmentLookup {
  readonly key: string;
  readonly tags: Tags;
}

/** What a look-up found. */
interface FoundInstance {
  readonly instanceId: string;
  readonly privateAddress: string;
  readonly state: string;
}

export type FoundByLookup = Readonly<Record<string, readonly FoundInstance[]>>;

/** The look-ups that `environment` needs, each once. */
export function environmentLookups(config: ServiceConfig, stageName: string): readonly EnvironmentLookup[] {
  const lookups = new Map<string, Tags>();
  for (const value of Object.values(config.environment)) {
    if (value.kind === 'tag') {
      const tags = withStage(value.tags, stageName);
      lookups.set(tagText(tags), tags);
    }
  }
  return [...lookups].map(([key, tags]) => ({ key, tags }));
}

/** `Service=cart, Stage=prod`: sorted, so that equal tags are one text. */
export function tagText(tags: Tags): string {
  return Object.entries(tags)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

/**
 * The part of the configuration that reaches the host, with every address in place. `found` holds the answer to each
 * look-up by its key. Throws InvalidDeploymentError with one sentence for each variable whose tags do not name exactly
 * one running instance.
 */
export function resolveEnvironment(config: ServiceConfig, found: FoundByLookup, stageName: string): HostConfiguration {
  const problems: string[] = [];
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(config.environment)) {
    const resolved = resolveValue(value, found, stageName);
    if (resolved.kind === 'problem') {
      problems.push(`${pathText(['environment', name])}: ${resolved.sentence}`);
    } else {
      environment[name] = resolved.value;
    }
  }
  if (problems.length > 0) {
    throw new InvalidDeploymentError(problems);
  }
  return {
    service: config.service,
    description: config.description,
    runtime: config.runtime,
    run: config.run,
    unit: config.unit,
    environment,
    secrets: Object.entries(config.secrets).map(([name, secret]) => ({
      name,
      parameter: secret.parameter.replaceAll('{stage}', stageName),
      ...(secret.version === undefined ? {} : { version: secret.version }),
    })),
    health: healthOf(config),
    upstreams: upstreamsOf(config, environment, stageName),
    retention: config.retention,
  };
}

/** Without report-only checks the same content as before there were any: an equal release keeps its number. */
function healthOf({ health: { reportOnly, ...health } }: ServiceConfig): HostConfiguration['health'] {
  return reportOnly.length === 0 ? health : { ...health, reportOnly };
}

type Resolved =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'problem'; readonly sentence: string };

function resolveValue(value: EnvironmentValue, found: FoundByLookup, stageName: string): Resolved {
  if (value.kind === 'literal') {
    return { kind: 'value', value: value.value };
  }
  const key = tagText(withStage(value.tags, stageName));
  const all = (Object.hasOwn(found, key) ? found[key] : undefined) ?? [];
  const running = all.filter((instance) => instance.state === 'running');
  const [only, ...others] = running;
  if (only === undefined) {
    return { kind: 'problem', sentence: noneRunning(key, all) };
  }
  if (others.length > 0) {
    const list = running.map(({ instanceId, privateAddress }) => `${instanceId} (${privateAddress})`).join(', ');
    return {
      kind: 'problem',
      sentence:
        `${running.length} running instances carry the tags ${key}: ${list}; ` +
        'add a tag that only one of them has, or write the address of their load balancer',
    };
  }
  return only.privateAddress === ''
    ? { kind: 'problem', sentence: `instance ${only.instanceId} with the tags ${key} has no private address yet` }
    : { kind: 'value', value: only.privateAddress };
}

function noneRunning(key: string, all: readonly FoundInstance[]): string {
  if (all.length === 0) {
    return `no instance carries the tags ${key}; tag it, or write its address here`;
  }
  const list = all.map(({ instanceId, state }) => `${instanceId} is ${state}`).join(', ');
  return `no running instance carries the tags ${key}: ${list}`;
}

function upstreamsOf(
  config: ServiceConfig,
  environment: Readonly<Record<string, string>>,
  stageName: string,
): readonly Upstream[] {
  return Object.entries(config.upstreams).map(([name, upstream]) => {
    const value = config.environment[upstream.host];
    return {
      name,
      kind: upstream.kind,
      host: environment[upstream.host] ?? '',
      port: typeof upstream.port === 'number' ? upstream.port : Number(environment[upstream.port]),
      variable: upstream.host,
      source: value?.kind === 'tag' ? `tag ${tagText(withStage(value.tags, stageName))}` : 'literal',
      ...(upstream.kind === 'amqp'
        ? { amqp: { userVariable: upstream.user, passwordVariable: upstream.password, vhost: upstream.vhost } }
        : {}),
    };
  });
}
