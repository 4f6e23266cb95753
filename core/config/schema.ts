import * as z from 'zod';
import { patterns } from '../model/patterns.ts';
import { alarms } from './alarms.ts';
import { approval } from './approval.ts';
import * as defaults from './defaults.ts';
import type { GivenSections } from './given-sections.ts';
import { problemsOf, unknownKey } from './problems.ts';
import { environment, tags, unitText, upstream, variableName, variableNameSentence, waveSize } from './values.ts';
import { integer, keyed, listOf, seconds, section, spelled } from './zod-sentences.ts';

const pythonVersion = spelled(
  /^3\.[1-9]?[0-9]$/,
  'must be a Python version in quotes, such as "3.6" (without quotes 3.10 is the number 3.1)',
);
const osPackages = listOf(
  spelled(/^[A-Za-z0-9][A-Za-z0-9+._:-]{0,127}$/, 'must be the name of an OS package'),
  'must be a list of OS packages',
);
const relativeFile = spelled(
  /^(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9_.][A-Za-z0-9_./-]{0,199}$/,
  'must be the path of a file inside the artifact, such as requirements.txt',
);
const parameterSentence = 'must be the name of an SSM parameter, such as "/payment/{stage}/AMQP_PASS"';

const checkSentence = 'the name of a check, such as http';

const journalPattern = z.string({ error: 'must be a regular expression in quotes' }).superRefine((text, context) => {
  const problem = extendedExpressionProblem(text);
  if (problem !== undefined) {
    context.addIssue({ code: 'custom', message: problem });
  }
});

/** Why a text is no extended regular expression as `grep -E` takes it; undefined where it is one. */
function extendedExpressionProblem(text: string): string | undefined {
  if (text === '' || /[\r\n]/.test(text)) {
    return 'must be a regular expression of one line';
  }
  if (/\(\?|\\[dD]|[*+?}]\?/.test(text)) {
    return 'must be an extended regular expression, which has no \\d, (?…) or *?';
  }
  try {
    new RegExp(text);
    return undefined;
  } catch {
    return 'is not a valid regular expression';
  }
}

const sections = {
  service: spelled(new RegExp(patterns.service), 'must be lower case letters, digits and -, such as payment'),
  description: unitText(200),
  artifact: section({
    bucket: spelled(new RegExp(patterns.bucket), 'must be the name of an S3 bucket').exactOptional(),
    key: spelled(/^[A-Za-z0-9!_.*'()/+=@-]{1,512}$/, 'must be the key of an S3 object, such as payment.zip'),
  }),
  target: section({ tags }),
  runtime: section({
    python: section({
      preferred: pythonVersion,
      accepted: listOf(pythonVersion, 'must be a list of Python versions').default([]),
    }),
    packages: section({
      yum: osPackages.default([]),
      dnf: osPackages.default([]),
      apt: osPackages.default([]),
    }).prefault({}),
    requirementsFile: relativeFile.default(defaults.defaultRequirementsFile),
  }),
  run: section({
    user: spelled(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a Unix user, such as roboshop'),
    program: spelled(
      /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/,
      "must be the name of a program in the virtualenv's bin directory, without a path",
    ),
    arguments: z.array(unitText(1000), { error: 'must be a list of arguments' }).default([]),
  }),
  unit: section({
    stopSeconds: integer(1, 900).default(defaults.defaultStopSeconds),
    restartSeconds: integer(1, 300).default(defaults.defaultRestartSeconds),
  }).prefault({}),
  environment: environment.default({}),
  secrets: keyed(
    variableName,
    variableNameSentence,
    section({
      parameter: spelled(/^\/?([A-Za-z0-9_.-]|\{stage\})+(\/([A-Za-z0-9_.-]|\{stage\})+){0,14}$/, parameterSentence),
      version: integer(1, 1_000_000_000).exactOptional(),
    }),
  ).default({}),
  upstreams: keyed(
    /^[a-z][a-z0-9-]{0,31}$/,
    'must be lower case letters, digits and -, such as cart',
    upstream,
  ).default({}),
  health: section({
    port: integer(1, 65_535),
    path: spelled(/^\/[A-Za-z0-9._~:@!,;=+*&?%/-]{0,255}$/, 'must be an absolute path such as /health'),
    expectStatus: integer(100, 599).default(defaults.defaultExpectStatus),
    consecutiveSuccesses: integer(1, 100).default(defaults.defaultConsecutiveSuccesses),
    intervalSeconds: seconds(0.1, 60).default(defaults.defaultIntervalSeconds),
    timeoutSeconds: seconds(0.1, 60).default(defaults.defaultTimeoutSeconds),
    stableSeconds: integer(0, 3600).default(defaults.defaultStableSeconds),
    deadlineSeconds: integer(1, 7200).default(defaults.defaultHealthDeadlineSeconds),
    journalPatterns: listOf(journalPattern, 'must be a list of regular expressions').default([]),
    reportOnly: listOf(z.string({ error: checkSentence }), `must be a list of checks: ${checkSentence}`).default([]),
  }),
  loadBalancer: section({
    targetGroup: spelled(
      /^(arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup\/)?([A-Za-z0-9]|\{stage\})([A-Za-z0-9-]|\{stage\}){0,40}(\/[0-9a-f]{16})?$/,
      'must be the name or the ARN of a target group, such as "payment-{stage}"',
    ),
    port: integer(1, 65_535).exactOptional(),
    drainSeconds: integer(1, 3600).default(defaults.defaultDrainSeconds),
    healthySeconds: integer(60, 3600).default(defaults.defaultHealthySeconds),
  }).optional(),
  rollout: section({
    waves: z
      .array(waveSize, { error: 'must be a list such as [1, "25%", "100%"]' })
      .min(1, { error: 'must be a list such as [1, "25%", "100%"]' })
      .max(50, { error: 'must not have more than 50 entries' })
      .default([...defaults.defaultWaves]),
    maxUnavailable: integer(1, 1000).default(defaults.defaultMaxUnavailable),
    maxFailedHosts: integer(0, 10_000).default(defaults.defaultMaxFailedHosts),
    offlineHosts: z.enum(['fail', 'skip'], { error: 'must be fail or skip' }).default('fail'),
    bakeSeconds: integer(0, 604_800).default(defaults.defaultBakeSeconds),
    approval: approval.default({ kind: 'none' }),
    alarms: alarms.default([]),
    deadlineSeconds: integer(60, 2_592_000).default(defaults.defaultDeadlineSeconds),
    progressDeadlineSeconds: integer(60, 2_592_000).exactOptional(),
  }).prefault({}),
  retention: section({ releases: integer(2, 100).default(defaults.defaultRetainedReleases) }).prefault({}),
};

/** The sections that are right, and one `path: sentence` for everything that is wrong with the others. */
export function parseSections(value: unknown): {
  readonly sections: GivenSections;
  readonly problems: readonly string[];
} {
  const known = Object.keys(sections);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { sections: {}, problems: [`line 1: must be a file with the sections ${known.join(', ')}`] };
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(sections)) {
    const result = schema.safeParse(given[name] ?? undefined);
    if (result.success && result.data !== undefined) {
      parsed[name] = result.data;
    } else if (!result.success) {
      problems.push(...problemsOf(result.error, [name]));
    }
  }
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      problems.push(`${key}: ${unknownKey(key, known)}`);
    }
  }
  return { sections: parsed as Partial<Parsed>, problems };
}

type Parsed = { readonly [Name in keyof typeof sections]: Exclude<z.output<(typeof sections)[Name]>, undefined> };
