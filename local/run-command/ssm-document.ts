import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { compileAllowedPattern } from './allowed-pattern.ts';
import { RunCommandError } from './run-command-error.ts';

/** An SSM command document of schema 2.2, as the agent reads it. */
export interface SsmDocument {
  readonly name: string;
  /** SHA-256 of the content, hex: what SSM calls the document's hash. */
  readonly hash: string;
  readonly content: string;
  readonly parameters: Readonly<Record<string, ParameterRule>>;
  readonly steps: readonly DocumentStep[];
}

export interface ParameterRule {
  readonly type: 'String' | 'StringList';
  readonly default?: readonly string[];
  readonly allowedPattern?: RegExp;
  readonly allowedValues?: readonly string[];
  readonly minChars?: number;
  readonly maxChars?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** One `aws:runShellScript` step. Inputs may hold `{{ parameter }}`. */
export interface DocumentStep {
  readonly name: string;
  readonly runCommand: readonly string[];
  readonly timeoutSeconds: string;
  readonly workingDirectory: string;
  readonly onFailure?: 'exit' | 'successAndExit';
  readonly onSuccess?: 'exit';
  readonly finallyStep: boolean;
  /** A precondition on the platform other than Linux: the step is skipped. */
  readonly isForOtherPlatform: boolean;
}

/** SSM's quota, which includes the parameters of a command. */
export const maxDocumentBytes = 65_536;
/** The agent's default of `timeoutSeconds`, and its bounds. */
const executionSecondsLimits = { default: 3_600, min: 5, max: 172_800 } as const;

/** The agent's reading of `timeoutSeconds`: out of bounds, or no number, silently becomes the default. */
export function executionSecondsOf(text: string): number {
  const seconds = Number(text);
  const { min, max, default: fallback } = executionSecondsLimits;
  return Number.isInteger(seconds) && seconds >= min && seconds <= max ? seconds : fallback;
}

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const parameterSchema = z
  .strictObject({
    type: z.enum(['String', 'StringList'], { error: 'is not String or StringList, the types of a command document' }),
    description: z.string().optional(),
    default: z.union([text.transform((one) => [one]), z.array(text)]).optional(),
    allowedPattern: z.string().optional(),
    allowedValues: z.array(text).optional(),
    minChars: z.number().int().optional(),
    maxChars: z.number().int().optional(),
    minItems: z.number().int().optional(),
    maxItems: z.number().int().optional(),
    displayType: z.string().optional(),
  })
  .transform((raw, context): ParameterRule => {
    const { allowedPattern, description: _description, displayType: _displayType, ...rest } = raw;
    if (allowedPattern === undefined) return rest as ParameterRule;
    try {
      return { ...rest, allowedPattern: compileAllowedPattern(allowedPattern) } as ParameterRule;
    } catch (error) {
      context.addIssue({ code: 'custom', message: `allowedPattern ${error instanceof Error ? error.message : error}` });
      return z.NEVER;
    }
  });

const stepSchema = z.strictObject({
  action: z.literal('aws:runShellScript', { error: 'only aws:runShellScript is interpreted here' }),
  name: z.string().regex(/^[a-zA-Z0-9_-]+$/, 'must be letters, digits, - and _'),
  precondition: z.strictObject({ StringEquals: z.tuple([z.string(), z.string()]) }).optional(),
  inputs: z.strictObject({
    runCommand: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
    timeoutSeconds: text.optional(),
    workingDirectory: z.string().optional(),
    onFailure: z.enum(['exit', 'successAndExit']).optional(),
    onSuccess: z.enum(['exit']).optional(),
    finallyStep: z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]).optional(),
  }),
});

const documentSchema = z.strictObject({
  schemaVersion: z.literal('2.2', { error: 'must be "2.2", as text' }),
  description: z.string().optional(),
  parameters: z
    .record(
      z.string().regex(/^[a-zA-Z0-9]+$/, 'the agent drops names that are not letters and digits'),
      parameterSchema,
    )
    .default({}),
  mainSteps: z.array(stepSchema).min(1),
});

/**
 * Reads a document (YAML or JSON text). Throws RunCommandError `InvalidDocumentContent` naming every problem, or
 * `MaxDocumentSizeExceeded`.
 */
export function parseSsmDocument(name: string, content: string): SsmDocument {
  if (Buffer.byteLength(content) > maxDocumentBytes) {
    throw new RunCommandError('MaxDocumentSizeExceeded', `${name}: is larger than ${maxDocumentBytes} bytes`);
  }
  const parsed = documentSchema.safeParse(readText(name, content));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const sentence = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
      return `${name}: ${issue.path.join('.')}: ${sentence}`;
    });
    throw new RunCommandError('InvalidDocumentContent', problems.join('\n'));
  }
  return {
    name,
    hash: createHash('sha256').update(content).digest('hex'),
    content,
    parameters: parsed.data.parameters,
    steps: parsed.data.mainSteps.map(({ name: stepName, precondition, inputs }) => ({
      name: stepName,
      runCommand: inputs.runCommand,
      timeoutSeconds: inputs.timeoutSeconds ?? String(executionSecondsLimits.default),
      workingDirectory: inputs.workingDirectory ?? '',
      ...(inputs.onFailure === undefined ? {} : { onFailure: inputs.onFailure }),
      ...(inputs.onSuccess === undefined ? {} : { onSuccess: inputs.onSuccess }),
      finallyStep: inputs.finallyStep ?? false,
      isForOtherPlatform: isForOtherPlatform(precondition?.StringEquals),
    })),
  };
}

function readText(name: string, content: string): unknown {
  // JSON is YAML too, and its own parser is a hundred times faster.
  const json = parsedJson(content);
  if (json !== undefined) return json;
  try {
    return parseYaml(content);
  } catch (error) {
    throw new RunCommandError('InvalidDocumentContent', `${name}: is neither YAML nor JSON`, { cause: error });
  }
}

function parsedJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function isForOtherPlatform(operands: readonly [string, string] | undefined): boolean {
  if (operands === undefined || !operands.includes('platformType')) return false;
  return operands.find((operand) => operand !== 'platformType')?.toLowerCase() !== 'linux';
}
