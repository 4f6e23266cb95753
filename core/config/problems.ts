import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

/** `rollout.waves[1]` of `['rollout', 'waves', 1]`; keys that are no plain word stand in quotes. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') {
      text += `[${step}]`;
    } else if (/^[A-Za-z_][\w-]*$/.test(String(step))) {
      text += text === '' ? String(step) : `.${String(step)}`;
    } else {
      text += `[${JSON.stringify(String(step))}]`;
    }
  }
  return text;
}

/** One `path: sentence` for each issue that zod found, in order. */
export function problemsOf(error: z.core.$ZodError, root: readonly PropertyKey[] = []): string[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, root));
}

function problemsOfIssue(issue: z.core.$ZodIssue, root: readonly PropertyKey[]): string[] {
  const path = [...root, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ');
    return issue.keys.map((key) => `${pathText([...path, key])}: ${unknownKey(key, known)}`);
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => `${pathText(path)}: ${inner.message}`);
  }
  return [`${pathText(path)}: ${issue.message}`];
}

/** What is said of a key that nothing knows: the one probably meant, and all that are known. */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known);
  return `unknown key${meant === undefined ? '' : `, did you mean ${meant}?`}; known here: ${known.join(', ')}`;
}
