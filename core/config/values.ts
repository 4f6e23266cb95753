import * as z from 'zod';
import type { EnvironmentValue, UpstreamConfig, WaveSize } from '../model/service-config.ts';
import { integer, keyed, section, spelled, told } from './zod-sentences.ts';

/** `CART_HOST`: what a shell and a systemd environment file both take for a name. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
export const variableNameSentence = 'must be a variable name of letters, digits and _ that starts with no digit';

const reservedVariables: ReadonlySet<string> = new Set(['PATH', 'HOME', 'USER', 'LD_PRELOAD', 'LD_LIBRARY_PATH']);

/** Bytes that one environment value may have. */
const maxValueLength = 4096;

/** No control characters, which would end a line of the unit or environment file and begin another. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const controlCharacters = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

/** A text for the unit file, where `%` starts a specifier, `$` a variable, and quote and backslash are syntax. */
export function unitText(longest: number) {
  const sentence = `must be a text of 1 to ${longest} characters, in quotes where it is a number`;
  return z
    .string(told(sentence))
    .min(1, { error: sentence })
    .max(longest, { error: sentence })
    .superRefine((text, context) => {
      if (controlCharacters.test(text)) {
        context.addIssue({ code: 'custom', message: 'must not contain line breaks or other control characters' });
      }
      if (/["\\$%]/.test(text)) {
        context.addIssue({
          code: 'custom',
          message: 'must not contain " \\ $ or %, which the unit file reads as its own syntax',
        });
      }
    });
}

const tagKeySentence = 'must be the key of an EC2 tag, 1 to 127 characters that start with no aws:';
export const tags = keyed(
  /^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,127}$/u,
  tagKeySentence,
  spelled(/^[\p{L}\p{N} _.:/=+@{}-]{1,255}$/u, 'must be the value of an EC2 tag, quoted where it is a number'),
).superRefine((value, context) => {
  if (Object.keys(value).length === 0) {
    context.addIssue({ code: 'custom', message: 'must name at least one tag' });
  }
  for (const [key, text] of Object.entries(value)) {
    if (/[{}]/.test(text.replaceAll('{stage}', ''))) {
      context.addIssue({ code: 'custom', path: [key], message: '{stage} is the only placeholder there is' });
    }
  }
});

const tagAddress = section({ tag: tags });

/** `"10.0.0.5"`, `8080` or `{tag: {Service: cart}}`. */
const environmentValue = z.unknown().transform((value, context): EnvironmentValue => {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return { kind: 'literal', value: String(value) };
  }
  if (typeof value === 'string') {
    if (controlCharacters.test(value)) {
      context.addIssue({ code: 'custom', message: 'must not contain line breaks or other control characters' });
    }
    if (value.length > maxValueLength) {
      context.addIssue({ code: 'custom', message: `must not be longer than ${maxValueLength} characters` });
    }
    return { kind: 'literal', value };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const parsed = tagAddress.safeParse(value);
    if (parsed.success) {
      return { kind: 'tag', tags: parsed.data.tag };
    }
    for (const issue of parsed.error.issues) {
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  }
  const quote = typeof value === 'boolean' ? `; write "${value}" in quotes` : '';
  context.addIssue({
    code: 'custom',
    message: `must be a text, a number, or an address as {tag: {Service: cart}}${quote}`,
  });
  return z.NEVER;
});

/** Variables by name; those that would change how the program itself is found are refused. */
export const environment = keyed(variableName, variableNameSentence, environmentValue).superRefine((value, context) => {
  for (const name of Object.keys(value)) {
    if (reservedVariables.has(name)) {
      context.addIssue({ code: 'custom', path: [name], message: 'is set by systemd and must not be set here' });
    }
  }
});

/** The name of a variable that the file defines elsewhere. */
const reference = spelled(variableName, 'must be the name of a variable, such as CART_HOST');

const port = z.union([integer(1, 65_535), reference], told('must be a port from 1 to 65535 or the name of a variable'));

/** `{host: CART_HOST, port: CART_PORT}`, or the same of `kind: amqp` with user, password and virtual host. */
export const upstream = z.unknown().transform((value, context): UpstreamConfig => {
  const isAmqp = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'amqp';
  const parsed = (isAmqp ? amqpUpstream : tcpUpstream).safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  }
  return parsed.data;
});

const kind = z.enum(['tcp', 'amqp'], { error: 'must be tcp or amqp' }).default('tcp');
const tcpUpstream = section({ kind: kind.pipe(z.literal('tcp')), host: reference, port });
const amqpUpstream = section({
  kind: z.literal('amqp'),
  host: reference,
  port,
  user: reference,
  password: reference,
  vhost: spelled(/^[!-~]{1,128}$/, 'must be the name of a virtual host, such as "/"').default('/'),
});

/** `1` or `"25%"`. */
export const waveSize = z.unknown().transform((value, context): WaveSize => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
    return value;
  }
  if (typeof value === 'string' && isPercentage(value)) {
    return value;
  }
  context.addIssue({ code: 'custom', message: 'must be an integer of at least 1 or a percentage' });
  return z.NEVER;
});

function isPercentage(text: string): text is `${number}%` {
  return /^([1-9][0-9]?|100)%$/.test(text);
}
