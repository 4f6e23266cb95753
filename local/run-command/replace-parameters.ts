import type { ParameterValues } from './check-parameters.ts';
import type { ParameterRule } from './ssm-document.ts';

const singleToken = /^\{\{\s*([a-zA-Z0-9]+)\s*\}\}$/;

/**
 * Puts values where `{{ name }}` stands: plain text, before any shell sees it, and not again inside what was put in.
 * A text that is nothing but one token becomes the value as it is; elsewhere a `$` in a value works as in Go's
 * `ReplaceAllString`, which the agent uses: `$$` becomes `$`, `$name` becomes nothing. A list becomes JSON.
 */
export function replaceParameters(
  text: string,
  rules: Readonly<Record<string, ParameterRule>>,
  values: ParameterValues,
): string {
  const textOf = (name: string): string | undefined => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const value = values[name];
    if (rule === undefined || value === undefined) return undefined;
    return rule.type === 'String' ? (value[0] ?? '') : JSON.stringify(value);
  };
  const single = singleToken.exec(text)?.[1];
  const whole = single === undefined ? undefined : textOf(single);
  if (whole !== undefined) return whole;
  return text.replaceAll(/\{\{\s*([a-zA-Z0-9]+)\s*\}\}/g, (token: string, name: string) => {
    const value = textOf(name);
    return value === undefined ? token : expandDollars(value, token);
  });
}

/** The lines of a script; a line that is nothing but a StringList's token becomes its items. */
export function replaceInLines(
  lines: readonly string[],
  rules: Readonly<Record<string, ParameterRule>>,
  values: ParameterValues,
): readonly string[] {
  return lines.flatMap((line) => {
    const name = singleToken.exec(line)?.[1] ?? '';
    const isList = Object.hasOwn(rules, name) && rules[name]?.type === 'StringList';
    return isList ? (values[name] ?? [line]) : [replaceParameters(line, rules, values)];
  });
}

/** Go's `Regexp.Expand` for a pattern without groups: `$$` is `$`, `$0` the match, any other name is empty. */
function expandDollars(value: string, token: string): string {
  return value.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (matched: string, braced?: string, plain?: string) => {
    if (matched === '$$') return '$';
    return (braced ?? plain) === '0' ? token : '';
  });
}
