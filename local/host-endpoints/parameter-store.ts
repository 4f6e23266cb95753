import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writeAtomically } from '../atomic-file.ts';

/** One version of a parameter. */
export interface StoredParameter {
  readonly name: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
  /** 1, 2, … */
  readonly version: number;
  /** ISO 8601 */
  readonly modifiedAt: string;
}

/** Parameter Store as far as hosts read it: here, or behind another API. */
export interface ParameterReader {
  /** The newest version, or the one that is named. */
  get(name: string, version?: number): StoredParameter | undefined | Promise<StoredParameter | undefined>;
}

/** Parameter Store on this machine: every version is kept. */
export interface ParameterStore extends ParameterReader {
  /** A new version; the same value and type again is none. Throws TypeError for a name that SSM would refuse. */
  put(name: string, value: string, type?: StoredParameter['type']): StoredParameter;
  /** The newest version, or the one that is named. */
  get(name: string, version?: number): StoredParameter | undefined;
}

const storeSchema = z.array(
  z.object({
    name: z.string(),
    type: z.enum(['String', 'StringList', 'SecureString']),
    value: z.string(),
    version: z.number().int().positive(),
    modifiedAt: z.string(),
  }),
);

/** Opens `<stateDir>/parameters.json`, readable by its owner alone; without a folder, keeps them in memory. */
export function createParameterStore(stateDir: string | undefined, now: () => number): ParameterStore {
  const path = stateDir === undefined ? undefined : join(stateDir, 'parameters.json');
  const text = path === undefined ? undefined : readTextIfThere(path);
  const stored: StoredParameter[] = text === undefined ? [] : storeSchema.parse(JSON.parse(text));
  const newest = (name: string): StoredParameter | undefined => stored.findLast((parameter) => parameter.name === name);

  return {
    put(name, value, type = 'SecureString') {
      if (!/^\/?[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/.test(name)) throw new TypeError(`${name}: no parameter name`);
      const known = newest(name);
      if (known !== undefined && known.value === value && known.type === type) return known;
      const modifiedAt = new Date(now()).toISOString();
      const parameter = { name, type, value, version: (known?.version ?? 0) + 1, modifiedAt };
      stored.push(parameter);
      if (path !== undefined) writeAtomically(path, JSON.stringify(stored, null, 2));
      return parameter;
    },
    get(name, version) {
      if (version === undefined) return newest(name);
      return stored.find((parameter) => parameter.name === name && parameter.version === version);
    },
  };
}
