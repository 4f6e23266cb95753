import * as z from 'zod';
import type { Approval } from '../model/service-config.ts';
import { defaultApprovalSeconds } from './defaults.ts';
import { integer, section } from './zod-sentences.ts';

const whenSentence = 'must be none, before-staging, before-first-wave or after-wave N, such as after-wave 1';
const when = z
  .string({ error: whenSentence })
  .regex(/^(none|before-staging|before-first-wave|after-wave [1-9][0-9]?)$/, {
    error: whenSentence,
  });

/** Twelve hours more than a week: an execution may wait a year, a person should not be waited for so long. */
const maxTimeLimitSeconds = 648_000;

const full = section({
  when,
  for: z.enum(['all', 'uploads'], { error: 'must be all or uploads' }).default('all'),
  timeLimitSeconds: integer(60, maxTimeLimitSeconds).default(defaultApprovalSeconds),
});

/** `none`, `after-wave 1`, or `{when: before-staging, for: uploads, timeLimitSeconds: 3600}`. */
export const approval = z.unknown().transform((value, context): Approval => {
  const parsed = full.safeParse(typeof value === 'string' ? { when: value } : value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = typeof value === 'string' ? [] : issue.path;
      context.issues.push({ ...issue, path: [...path], input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  }
  const { when: word, ...terms } = parsed.data;
  if (word === 'none') {
    return { kind: 'none' };
  }
  if (word === 'before-staging' || word === 'before-first-wave') {
    return { kind: word, ...terms };
  }
  return { kind: 'after-wave', wave: Number(word.slice('after-wave '.length)), ...terms };
});
