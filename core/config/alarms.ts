import * as z from 'zod';
import type { AlarmConfig } from '../model/service-config.ts';
import { section } from './zod-sentences.ts';

/** Alarms of one policy: CloudWatch describes a hundred at a time. */
const maxAlarms = 100;

const nameSentence = 'must be the name of a CloudWatch alarm, such as "payment-{stage}-5xx"';

/** CloudWatch takes any character but control characters; braces are kept for {stage}. */
const name = z.string({ error: nameSentence }).regex(/^(?:[^\p{Cc}{}]|\{stage\}){1,255}$/u, { error: nameSentence });

const full = section({ name, reportOnly: z.boolean({ error: 'must be true or false' }).default(false) });

/** `payment-5xx`, or `{name: payment-5xx, reportOnly: true}`. */
const alarm = z.unknown().transform((value, context): AlarmConfig => {
  const parsed = full.safeParse(typeof value === 'string' ? { name: value } : value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = typeof value === 'string' ? [] : issue.path;
      context.issues.push({ ...issue, path: [...path], input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  }
  return { name: parsed.data.name, isReportOnly: parsed.data.reportOnly };
});

export const alarms = z
  .array(alarm, { error: 'must be a list of CloudWatch alarms' })
  .max(maxAlarms, { error: `must not have more than ${maxAlarms} entries` })
  .superRefine((all, context) => {
    for (const [index, { name: one }] of all.entries()) {
      if (all.findIndex((other) => other.name === one) < index) {
        context.addIssue({ code: 'custom', path: [index], message: `${one} stands there twice` });
      }
    }
  });
