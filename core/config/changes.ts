import type { HostConfiguration } from '../model/release-manifest.ts';
import type { EnvironmentValue, ServiceConfig } from '../model/service-config.ts';
import { pathText } from './problems.ts';
import { tagText } from './resolve-environment.ts';

/** One value of the configuration that is another one now; null where it was not there, or is there no longer. */
export interface ConfigChange {
  /** `rollout.maxUnavailable` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What is different, with defaults filled in, in the order of the file; lists are compared as wholes. */
export function configChanges(before: ServiceConfig, after: ServiceConfig): readonly ConfigChange[] {
  return changesOf(valuesOf(readable(before)), valuesOf(readable(after)));
}

/** The same of what reaches the hosts, every address looked up; upstreams and secrets are compared by name. */
export function releaseChanges(before: HostConfiguration, after: HostConfiguration): readonly ConfigChange[] {
  return changesOf(valuesOf(byName(before)), valuesOf(byName(after)));
}

function changesOf(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): readonly ConfigChange[] {
  const paths = [...now.keys(), ...[...old.keys()].filter((path) => !now.has(path))];
  return paths.flatMap((path) => {
    const change = { path, before: old.get(path) ?? null, after: now.get(path) ?? null };
    return change.before === change.after ? [] : [change];
  });
}

function valuesOf(config: object): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, each] of Object.entries(value)) {
        walk(each, [...path, key]);
      }
    } else {
      values.set(pathText(path), typeof value === 'string' ? value : JSON.stringify(value));
    }
  };
  walk(config, []);
  return values;
}

function readable(config: ServiceConfig): object {
  const environment = Object.entries(config.environment).map(
    ([name, value]) => [name, environmentText(value)] as const,
  );
  return { ...config, environment: Object.fromEntries(environment) };
}

function byName(configuration: HostConfiguration): object {
  const named = (list: readonly { readonly name: string }[]) =>
    Object.fromEntries(list.map(({ name, ...rest }) => [name, rest]));
  return { ...configuration, upstreams: named(configuration.upstreams), secrets: named(configuration.secrets) };
}

function environmentText(value: EnvironmentValue): string {
  return value.kind === 'literal' ? value.value : `tag ${tagText(value.tags)}`;
}
