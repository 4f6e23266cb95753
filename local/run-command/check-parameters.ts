import type { ParameterRule } from './ssm-document.ts';

/** The values of a command: always lists, also for a `String`. */
export type ParameterValues = Readonly<Record<string, readonly string[]>>;

/** What was sent, with the document's defaults where nothing was sent. */
export function withDefaults(rules: Readonly<Record<string, ParameterRule>>, values: ParameterValues): ParameterValues {
  const filled: Record<string, readonly string[]> = { ...values };
  for (const [name, rule] of Object.entries(rules)) {
    if (filled[name] === undefined && rule.default !== undefined) filled[name] = rule.default;
  }
  return filled;
}

/**
 * Every problem of a command's parameters, one sentence each, the parameter named first. SSM checks at the call and the
 * agent checks again; a value is never quoted, since it may be long or not for everybody.
 */
export function checkParameters(
  rules: Readonly<Record<string, ParameterRule>>,
  values: ParameterValues,
): readonly string[] {
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => `${name}: the document has no such parameter`);
  const wrong = Object.entries(rules).flatMap(([name, rule]) => {
    const value = Object.hasOwn(values, name) ? values[name] : rule.default;
    if (value === undefined) return [`${name}: is required`];
    return checkValue(rule, value).map((problem) => `${name}: ${problem}`);
  });
  return [...unknown, ...wrong];
}

function checkValue(rule: ParameterRule, value: readonly string[]): readonly string[] {
  const problems: string[] = [];
  if (rule.type === 'String' && value.length !== 1) problems.push(`takes one value, not ${value.length}`);
  if (rule.minItems !== undefined && value.length < rule.minItems)
    problems.push(`has fewer than ${rule.minItems} items`);
  if (rule.maxItems !== undefined && value.length > rule.maxItems)
    problems.push(`has more than ${rule.maxItems} items`);
  return [...problems, ...new Set(value.flatMap((item) => checkText(rule, item)))];
}

function checkText(rule: ParameterRule, item: string): readonly string[] {
  const problems: string[] = [];
  if (rule.allowedPattern !== undefined && !rule.allowedPattern.test(item)) {
    problems.push(`does not match allowedPattern ${rule.allowedPattern.source}`);
  }
  if (rule.allowedValues !== undefined && !rule.allowedValues.includes(item)) {
    problems.push(`is none of ${rule.allowedValues.join(', ')}`);
  }
  if (rule.minChars !== undefined && item.length < rule.minChars) problems.push(`is shorter than ${rule.minChars}`);
  if (rule.maxChars !== undefined && item.length > rule.maxChars) problems.push(`is longer than ${rule.maxChars}`);
  return problems;
}
