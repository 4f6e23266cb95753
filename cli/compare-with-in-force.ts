import { type ConfigChange, configChanges } from '../core/config/changes.ts';
import { parseServiceConfig } from '../core/config/parse-service-config.ts';
import { InvalidDeploymentError } from '../core/model/errors.ts';
import type { ServiceConfig } from '../core/model/service-config.ts';
import type { ConfigFile } from './read-input-files.ts';

/** What a configuration file means against the one in force. */
export interface ConfigComparison {
  /** `first`: none was in force; `unreadable`: the one in force can't be read any more; `text`: comments only. */
  readonly kind: 'first' | 'unreadable' | 'values' | 'text' | 'same';
  readonly changes: readonly ConfigChange[];
}

/** `inForce` is its text; undefined where none was published yet. */
export function compareWithInForce(inForce: string | undefined, file: ConfigFile): ConfigComparison {
  if (inForce === file.yaml) {
    return { kind: 'same', changes: [] };
  }
  if (inForce === undefined) {
    return { kind: 'first', changes: [] };
  }
  const before = readable(inForce);
  if (before === undefined) {
    return { kind: 'unreadable', changes: [] };
  }
  const changes = configChanges(before, file.config);
  return { kind: changes.length === 0 ? 'text' : 'values', changes };
}

/** Undefined where this version of Rollgate refuses it: an older one may have put it in force. */
function readable(yaml: string): ServiceConfig | undefined {
  try {
    return parseServiceConfig(yaml);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return undefined;
    }
    throw error;
  }
}
