import type { DeploymentPlan, PlannedHost, Step, StepOutcome } from '../../core/model/deployment-records.ts';
import type { Diagnosis } from '../../core/model/diagnosis.ts';
import type { HostProgress } from '../../core/model/host-progress.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import { noControls } from '../../core/model/operator-requests.ts';
import type { Decision, RecordedDecision, RolloutFacts } from '../../core/model/rollout-facts.ts';
import type { RolloutConfig } from '../../core/model/service-config.ts';
import { type BalancerAction, documentOfAction, type HostAction } from '../../core/model/statuses.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { serviceConfig } from '../given/configuration.ts';
import { admittedDeployment, deploymentPlan, executionArn, v1, v2 } from '../given/deployment.ts';
import { hostReport } from '../given/host-reports.ts';
import { hostNamed, plannedHost } from '../given/hosts.ts';

export const startedAt = beginning;
export const newRelease = v2.releaseId;
export const oldRelease = v1.releaseId;

export function givenPlannedHost(name: string): PlannedHost {
  return plannedHost(hostNamed(name, { instanceId: `i-${name}` }));
}

/** A host that was staged well and not touched yet, unless something else is said. */
export function givenHost(name: string, more: Partial<HostProgress> = {}): HostProgress {
  return {
    host: givenPlannedHost(name),
    stage: 'staged',
    run: 'untouched',
    isSettled: true,
    hasSwitched: false,
    isRefused: false,
    isLost: false,
    revertAttempts: 0,
    settleAttempts: 0,
    balancer: { standing: 'asItWas', wasRegistered: false, attempts: 0, lostDrains: 0 },
    wasDown: false,
    lastAnswer: 'serves',
    before: oldRelease,
    running: oldRelease,
    observedAt: new Date(startedAt).toISOString(),
    hasPassedLast: false,
    passedInRound: null,
    advance: null,
    reported: [],
    packagesSha256: 'p1',
    recovery: null,
    diagnosis: null,
    caught: null,
    givenUp: [],
    lastStepRound: -1,
    isSkipped: false,
    isToRetry: false,
    ...more,
  };
}

export const crashed: Diagnosis = {
  cause: 'app-load-failed',
  kind: 'release',
  meaning: 'the application could not be loaded',
  remedy: 'fix the import',
};

/** That of services/payment.yml, in two waves. */
export const policy: RolloutConfig = { ...serviceConfig.rollout, waves: [1, '100%'] };

interface Given {
  readonly policy?: Partial<RolloutConfig>;
  readonly plan?: Partial<DeploymentPlan>;
  readonly admitted?: Partial<RolloutFacts['admitted']>;
  readonly controls?: Partial<RolloutFacts['controls']>;
  readonly decisions?: readonly (Decision | RecordedDecision)[];
  readonly more?: Partial<Pick<RolloutFacts, 'alarms' | 'isRepair' | 'error' | 'nowMilliseconds'>>;
}

/** A rollout of v2 over v1 with these hosts; one decision a minute. */
export function givenRollout(progress: readonly HostProgress[], given: Given = {}): RolloutFacts {
  const last = given.decisions?.length ?? 0;
  return {
    admitted: admittedDeployment(given.admitted),
    plan: deploymentPlan(
      progress.map((host) => host.host),
      { policy: { ...policy, ...given.policy }, ...given.plan },
    ),
    // Unless something else is said, the last decision has left steps.
    progress: progress.map((host) => (host.lastStepRound === -1 ? { ...host, lastStepRound: last } : host)),
    decisions: (given.decisions ?? []).map((each, index) => ('round' in each ? each : recorded(each, index + 1))),
    controls: { ...noControls, ...given.controls },
    alarms: { kind: 'notAsked' },
    isRepair: false,
    error: null,
    nowMilliseconds: startedAt + 60_000 * ((given.decisions?.length ?? 0) + 1),
    ...given.more,
  };
}

export function recorded(decision: Decision, round: number, more: Partial<RecordedDecision> = {}): RecordedDecision {
  const at = new Date(startedAt + 60_000 * round).toISOString();
  return { round, decision, fence: 1, at, executionArn, error: null, ...more };
}

export function said(secondsLater: number, reason = 'a look'): NonNullable<RolloutFacts['controls']['halt']> {
  return { by: 'anna', at: new Date(startedAt + secondsLater * 1000).toISOString(), reason };
}

export interface GivenStep {
  readonly action: HostAction | BalancerAction;
  readonly attempt?: number;
  readonly round?: number;
  readonly fence?: number;
  /** Absent: the command is still out. */
  readonly status?: StepOutcome['status'];
  readonly host?: Partial<HostReport['host']>;
  /** False: nobody reported. */
  readonly isReported?: boolean;
  readonly packagesSha256?: string;
  readonly diagnosis?: Diagnosis;
  readonly at?: number;
}

export function givenStep(given: GivenStep): Step {
  const { action, attempt = 1, round = 1, fence = 10, status, at = 100 * round } = given;
  const instanceId = 'i-a';
  const key = `${action}-${attempt}`;
  const isReported = given.isReported ?? (status === 'done' || status === 'failed');
  const installed = {
    releaseId: newRelease,
    python: '3.11',
    platform: 'x',
    virtualenv: 'v',
    isVirtualenvReused: false,
  };
  const script = action === 'drain' || action === 'join' ? 'verify' : documentOfAction[action];
  const report = hostReport(script, oldRelease, {
    key,
    fence,
    outcome: status === 'done' ? 'done' : 'failed',
    startedAtSeconds: at,
    finishedAtSeconds: at + 1,
    ...(given.host === undefined ? {} : { host: given.host }),
    ...(given.packagesSha256 === undefined
      ? {}
      : { installed: { ...installed, packages: [], packagesSha256: given.packagesSha256 } }),
  });
  return {
    intent: {
      instanceId,
      action,
      attempt,
      round,
      key,
      fence,
      at: 'then',
      deadlineMilliseconds: 0,
      comment: key,
      ...(action === 'drain' ? { wasRegistered: true } : {}),
    },
    commandId: status === undefined ? null : key,
    outcome:
      status === undefined
        ? null
        : {
            instanceId,
            action,
            attempt,
            round,
            fence,
            status,
            at: new Date(at * 1000).toISOString(),
            commandId: key,
            report: isReported ? report : null,
            diagnosis: given.diagnosis ?? null,
            isRetryable: false,
          },
  };
}
