import { pathText } from './problems.ts';
import { tagText } from './resolve-environment.ts';
import type { EnvironmentValue, ServiceConfig } from './service-config.ts';

/** One value of the configuration that is another one now; null where it was not there, or is there no longer. */
export interface ConfigChange {
  /** `rollout.maxUnavailable` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What is different, with defaults filled in, in the order of the file; lists are compared as wholes. */
export function configChanges(before: ServiceConfig, after: ServiceConfig): readonly ConfigChange[] {
  const old = valuesOf(before);
  const now = valuesOf(after);
  const paths = [...now.keys(), ...[...old.keys()].filter((path) => !now.has(path))];
  return paths.flatMap((path) => {
    const change = { path, before: old.get(path) ?? null, after: now.get(path) ?? null };
    return change.before === change.after ? [] : [change];
  });
}

function valuesOf(config: ServiceConfig): ReadonlyMap<string, string> {
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
  const environment = Object.entries(config.environment).map(
    ([name, value]) => [name, environmentText(value)] as const,
  );
  walk({ ...config, environment: Object.fromEntries(environment) }, []);
  return values;
}

function environmentText(value: EnvironmentValue): string {
  return value.kind === 'literal' ? value.value : `tag ${tagText(value.tags)}`;
}
