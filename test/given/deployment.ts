import type {
  AdmittedDeployment,
  DeploymentOutcome,
  DeploymentPlan,
  PlannedHost,
} from '../../core/model/deployment-records.ts';
import { documentName } from '../../core/model/names.ts';
import type { HostDocument } from '../../core/model/statuses.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { serviceConfig } from './configuration.ts';

/** `2026-11-22T20:45:12.500Z` of 12.5: seconds after the instant at which every test begins. */
export function instant(seconds: number): string {
  return new Date(beginning + seconds * 1000).toISOString();
}

/** An execution of the embedded engine. */
export function arnOf(executionName: string): string {
  return `arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:${executionName}`;
}

/** The deployment that most tests are about. */
export const deploymentId = 'd-20261122-204500-1a2b3c';
export const executionArn = arnOf('one');

/** A document on SSM as it is now. */
export function documentOf(kind: HostDocument) {
  return { name: documentName('payment', 'local', kind), version: '3', hash: 'f'.repeat(64) };
}

/** Those that a deployment sends. */
export const documents: DeploymentPlan['documents'] = {
  install: documentOf('install'),
  activate: documentOf('activate'),
  verify: documentOf('verify'),
  settle: documentOf('settle'),
};

export const v1 = { number: 1, releaseId: 'v1-aaaaaaaaaaaa' };
export const v2 = { number: 2, releaseId: 'v2-bbbbbbbbbbbb' };

/** Anna deploys the newest upload, which is v2, over v1. */
export function admittedDeployment(more: Partial<AdmittedDeployment> = {}): AdmittedDeployment {
  return {
    deploymentId,
    executionArn,
    trigger: 'person',
    request: { kind: 'newest', isDryRun: false },
    by: 'anna',
    admittedAt: instant(0),
    isDryRun: false,
    isRollback: false,
    release: { ...v2, manifestSha256: 'b'.repeat(64), versionId: 'version-2' },
    stable: v1,
    warnings: [],
    ...more,
  };
}

/** The plan for these hosts, which are the whole target, with the policy of services/payment.yml. */
export function deploymentPlan(hosts: readonly PlannedHost[], more: Partial<DeploymentPlan> = {}): DeploymentPlan {
  return {
    hosts,
    skipped: [],
    isWholeTarget: true,
    downElsewhere: 0,
    secondsPerHost: 30,
    policy: serviceConfig.rollout,
    documents,
    plannedAt: instant(0),
    ...more,
  };
}

/** How it ended: halted before it touched a host, unless something else is said. */
export function deploymentOutcome(more: Partial<DeploymentOutcome> = {}): DeploymentOutcome {
  return {
    deploymentId,
    executionArn,
    status: 'FailedClean',
    errorName: 'HaltedError',
    endedAt: instant(0),
    reason: { code: 'halted', text: 'halted by anna' },
    isDryRun: false,
    isWholeTarget: true,
    hosts: [],
    ...more,
  };
}
