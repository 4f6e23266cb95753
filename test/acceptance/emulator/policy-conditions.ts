/** Keys that AWS has in the context of a request and the emulator has not. */
const unknownKeys: ReadonlySet<string> = new Set(['s3:if-match', 's3:if-none-match']);

/**
 * The emulator judges a condition on a key that it does not know as if the request had nothing to say, and so denies
 * each write that a policy allows only where it is conditional. Such conditions are taken out of the template; actions
 * and resources stay to be judged.
 */
export function withoutUnknownConditions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnknownConditions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      if (key !== 'Condition' || typeof each !== 'object') return [[key, withoutUnknownConditions(each)]];
      const left = knownConditions(each as Conditions);
      return Object.keys(left).length === 0 ? [] : [[key, left]];
    }),
  );
}

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function knownConditions(conditions: Conditions): Conditions {
  return Object.fromEntries(
    Object.entries(conditions)
      .map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).filter(([key]) => !unknownKeys.has(key.toLowerCase()))),
      ])
      .filter(([, keys]) => Object.keys(keys as object).length > 0),
  );
}
