import * as z from 'zod';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { isSpelled, patterns } from '../../core/model/patterns.ts';

/** Where one service in one stage stands on AWS: all that the ports need to know. */
export interface AwsSettings {
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  /** 12 digits */
  readonly accountId: string;
  readonly stateBucket: string;
  readonly artifactBucket: string;
  /** `payment.zip` */
  readonly artifactKey: string;
  /** Without version or alias: executions are started by what it is now. */
  readonly stateMachineArn: string;
}

/**
 * What the stack keeps as JSON in the parameter `/rollgate/<service>/<stage>`, so that the command line finds everything
 * by service and stage alone. `version` is the version of Rollgate that was deployed.
 */
export interface StageDirectory extends AwsSettings {
  readonly version: string;
}

/** The variables of a Lambda's environment; the account id is part of the state machine's ARN. */
const variables = {
  service: 'ROLLGATE_SERVICE',
  stage: 'ROLLGATE_STAGE',
  region: 'AWS_REGION',
  stateBucket: 'ROLLGATE_STATE_BUCKET',
  artifactBucket: 'ROLLGATE_ARTIFACT_BUCKET',
  artifactKey: 'ROLLGATE_ARTIFACT_KEY',
  stateMachineArn: 'ROLLGATE_STATE_MACHINE_ARN',
} as const;

const stateMachineArn = /^arn:aws[a-z-]*:states:[a-z0-9-]+:([0-9]{12}):stateMachine:[A-Za-z0-9_-]{1,80}$/;

const sentences = {
  service: 'must be the name of a service, such as payment',
  stage: 'must be the name of a stage, such as prod',
  region: 'must be a region of AWS, such as eu-west-1',
  stateBucket: 'must be the name of a bucket',
  artifactBucket: 'must be the name of a bucket',
  artifactKey: 'must be the key of an object, such as payment.zip',
  stateMachineArn: 'must be the ARN of a state machine, without version or alias',
} as const;

const spelling: Readonly<Record<keyof typeof sentences, (text: string) => boolean>> = {
  service: (text) => isSpelled(patterns.service, text),
  stage: (text) => isSpelled(patterns.stage, text),
  region: (text) => isSpelled(patterns.region, text),
  stateBucket: (text) => isSpelled(patterns.bucket, text),
  artifactBucket: (text) => isSpelled(patterns.bucket, text),
  artifactKey: (text) => text.length > 0 && Buffer.byteLength(text) <= 1024,
  stateMachineArn: (text) => stateMachineArn.test(text),
};

const field = (name: keyof typeof sentences) =>
  z.string({ error: sentences[name] }).refine(spelling[name], { error: sentences[name] });

const stageDirectory = z.object({
  service: field('service'),
  stage: field('stage'),
  region: field('region'),
  accountId: z
    .string({ error: 'must be an account id' })
    .regex(/^[0-9]{12}$/, { error: 'must be 12 digits in quotes' }),
  stateBucket: field('stateBucket'),
  artifactBucket: field('artifactBucket'),
  artifactKey: field('artifactKey'),
  stateMachineArn: field('stateMachineArn'),
  version: z.string({ error: 'must be the version of Rollgate' }),
});

/**
 * The settings of a Lambda from its environment. Throws InvalidDeploymentError with one sentence for every variable that
 * is missing or wrong.
 */
export function settingsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): AwsSettings {
  const names = Object.keys(variables) as readonly (keyof typeof variables)[];
  const problems = names.flatMap((name) => {
    const value = environment[variables[name]] ?? '';
    if (value === '') {
      return [`${variables[name]}: is not set; the stack sets it for each of its functions`];
    }
    return spelling[name](value) ? [] : [`${variables[name]}: ${sentences[name]}`];
  });
  if (problems.length > 0) {
    throw new InvalidDeploymentError(problems);
  }
  const read = (name: keyof typeof variables): string => environment[variables[name]] ?? '';
  return {
    service: read('service'),
    stage: read('stage'),
    region: read('region'),
    accountId: stateMachineArn.exec(read('stateMachineArn'))?.[1] ?? '',
    stateBucket: read('stateBucket'),
    artifactBucket: read('artifactBucket'),
    artifactKey: read('artifactKey'),
    stateMachineArn: read('stateMachineArn'),
  };
}

/**
 * The stage directory from its JSON text. Keys that a newer stack added are ignored. Throws InvalidDeploymentError with
 * one sentence for every field that is missing or wrong.
 */
export function parseStageDirectory(parameterName: string, text: string): StageDirectory {
  const parsed = stageDirectory.safeParse(jsonOf(text));
  if (parsed.success) {
    return parsed.data;
  }
  throw new InvalidDeploymentError(
    parsed.error.issues.map((issue) => {
      const at = issue.path.length === 0 ? '' : ` ${issue.path.join('.')}:`;
      const sentence = issue.path.length === 0 ? 'must be a JSON object' : issue.message;
      return `${parameterName}:${at} ${sentence}; deploy the stack again to have it written anew`;
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
