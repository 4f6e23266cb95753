import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { stackName } from '../../core/model/names.ts';
import { isSpelled, patterns } from '../../core/model/patterns.ts';
import type { Serverless } from './serverless.ts';

/** S3's limit for the name of a bucket. */
const bucketNameLimit = 63;
const accountIdDigits = 12;

/** All problems of what a person gave to the framework, each with its remedy. */
export function settingsProblems(serverless: Serverless): readonly string[] {
  const provider = serverless.getProvider('aws');
  const stage = provider.getStage();
  const region = provider.getRegion();
  const { service, givenArtifactBucket } = serverless.service.custom.rollgate;
  const problems = [
    ...serviceProblems(serverless.serviceDir, service),
    ...stageProblems(stage),
    ...(isSpelled(patterns.region, region) ? [] : [`--region: ${region} is no region of AWS, such as eu-west-1`]),
    ...nameProblems(service, stage, region),
  ];
  if (givenArtifactBucket !== '' && !isSpelled(patterns.bucket, givenArtifactBucket)) {
    problems.push(`--param artifactBucket: ${givenArtifactBucket} cannot be the name of a bucket`);
  }
  return problems;
}

function serviceProblems(projectRoot: string, service: string): readonly string[] {
  if (!isSpelled(patterns.service, service)) {
    return [`--param service: ${service} must be the name of a service, such as payment`];
  }
  const path = join(projectRoot, 'services', `${service}.yml`);
  if (!existsSync(path)) {
    return [`--param service: there is no services/${service}.yml; write it first, services/payment.yml is an example`];
  }
  try {
    const config = parseServiceConfig(readFileSync(path, 'utf8'));
    return config.service === service
      ? []
      : [`services/${service}.yml: service: is ${config.service}; it must be ${service}, as the file is called`];
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return [`services/${service}.yml: ${error.message}`];
    }
    throw error;
  }
}

function stageProblems(stage: string): readonly string[] {
  if (stage === 'local') {
    return ['--stage: local is the embedded engine (npm start); choose another name, such as dev or prod'];
  }
  return isSpelled(patterns.stage, stage) ? [] : [`--stage: ${stage} must be the name of a stage, such as prod`];
}

/** The longest name of the stack is that of the artifact bucket. */
function nameProblems(service: string, stage: string, region: string): readonly string[] {
  const length = `${stackName(service, stage)}-artifacts-`.length + accountIdDigits + `-${region}`.length;
  const tooMany = length - bucketNameLimit;
  return tooMany > 0
    ? [`--stage: ${stage}, ${service} and ${region} make bucket names ${tooMany} too long; choose a shorter stage`]
    : [];
}
