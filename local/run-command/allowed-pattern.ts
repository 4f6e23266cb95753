/** Syntax that JavaScript (or Java, which SSM's API uses) knows and RE2, which the agent uses, does not. */
const unknownToRe2: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'look-around'],
  [/\\[1-9]/, 'a back-reference'],
  [/\\k</, 'a back-reference'],
  [/\(\?>/, 'an atomic group'],
  [/[*+?}]\+/, 'a possessive quantifier'],
];

/** Syntax that RE2 knows and JavaScript does not: refused, lest it should mean something else here. */
const unknownToJavaScript: readonly (readonly [RegExp, string])[] = [
  [/\(\?[a-zA-Z-]+[):]/, 'inline flags'],
  [/\[\[:/, 'a POSIX class'],
  [/\\[AzQECpP]/, 'one of \\A \\z \\Q \\E \\C \\p'],
];

/** RE2 refuses a repeat count above this. */
const maxRepeat = 1000;

/**
 * Compiles an `allowedPattern` so that it means here what it means to the agent: RE2, unanchored, `$` is the end of the
 * text. Patterns in which the two dialects differ are refused.
 */
export function compileAllowedPattern(pattern: string): RegExp {
  const bare = withoutEscapedBackslashes(pattern);
  for (const [syntax, name] of [...unknownToRe2, ...unknownToJavaScript]) {
    if (syntax.test(bare)) throw new SyntaxError(`${pattern}: uses ${name}, which does not mean the same everywhere`);
  }
  for (const [, low, high] of bare.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (Number(low) > maxRepeat || Number(high ?? 0) > maxRepeat) {
      throw new SyntaxError(`${pattern}: repeats more than ${maxRepeat} times, which RE2 refuses`);
    }
  }
  return new RegExp(pattern);
}

/** Keeps `\\1` (a backslash, then 1) from reading as a back-reference. */
function withoutEscapedBackslashes(pattern: string): string {
  return pattern.replaceAll('\\\\', '');
}
