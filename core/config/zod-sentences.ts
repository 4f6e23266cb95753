import * as z from 'zod';

/** zod's error option with our sentence: `is missing` where nothing was given. */
export function told(sentence: string) {
  return {
    error: (issue: { readonly input?: unknown }) => (issue.input === undefined ? 'is missing' : sentence),
  };
}

/** An object with these keys and no others; the sentence for an unknown key lists the known ones. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        return known.join(', ');
      }
      return issue.input === undefined ? 'is missing' : `must be a section with the keys ${known.join(', ')}`;
    },
  });
}

/** A section whose every key is spelled by `pattern` and whose values are all of one kind. */
export function keyed<Value extends z.core.SomeType>(pattern: RegExp, keySentence: string, value: Value) {
  return z.record(
    z.string().regex(pattern, { error: keySentence }),
    value,
    told('must be a section of names and values'),
  );
}

/** A text that the expression matches as a whole. */
export function spelled(pattern: RegExp, sentence: string) {
  return z.string(told(sentence)).regex(pattern, { error: sentence });
}

/** A whole number within the bounds, both included. */
export function integer(least: number, most: number) {
  const sentence = `must be an integer from ${least} to ${most}`;
  return z.int(told(sentence)).min(least, { error: sentence }).max(most, { error: sentence });
}

/** A number of seconds within the bounds, fractions allowed. */
export function seconds(least: number, most: number) {
  const sentence = `must be a number of seconds from ${least} to ${most}`;
  return z.number(told(sentence)).min(least, { error: sentence }).max(most, { error: sentence });
}

/** A list with no entry twice. */
export function listOf<Value extends z.core.SomeType>(value: Value, sentence: string) {
  return z.array(value, told(sentence)).superRefine((items, context) => {
    for (const [index, item] of items.entries()) {
      if (items.indexOf(item) !== index) {
        context.addIssue({ code: 'custom', path: [index], message: `${String(item)} stands in the list twice` });
      }
    }
  });
}
