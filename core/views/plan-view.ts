import type { ChosenTarget } from '../admission/choose-target.ts';
import type { Alarm } from '../model/alarm-reading.ts';
import type { Approval, RolloutConfig } from '../model/service-config.ts';
import type { StageFacts } from '../model/stage-facts.ts';
import { firingAlarms, readAlarms } from '../rollout/decide/alarms.ts';
import { planWaves, type Wave } from '../rollout/plan/plan-waves.ts';
import { durationText } from './elapsed.ts';
import { stageLabel } from './stage-label.ts';

export interface PlanFacts {
  readonly stage: StageFacts;
  /** What would be deployed: `v3`, or `a new release`. */
  readonly release: string;
  readonly source: string;
  readonly stable: string | null;
  readonly target: ChosenTarget;
  readonly policy: RolloutConfig;
  readonly alarms: readonly Alarm[];
  /** What each host was last seen to run, as a release id; absent where it was never seen. */
  readonly runningOn: ReadonlyMap<string, string>;
  /** The release id where it exists already. */
  readonly releaseId: string | null;
  readonly warnings: readonly string[];
}

/** What a deployment would do, as far as it can be told before Stage has looked at the hosts. */
export interface PlanView {
  readonly service: string;
  readonly stage: string;
  readonly release: { readonly from: string | null; readonly to: string };
  readonly source: string;
  readonly waves: readonly {
    readonly number: number;
    readonly hosts: readonly { readonly instanceId: string; readonly name: string; readonly zone: string }[];
  }[];
  readonly skipped: readonly string[];
  /** One sentence each. */
  readonly policy: readonly string[];
  readonly movesStable: boolean;
  readonly warnings: readonly string[];
}

/** The plan, from the same wave planning as the deployment's own. */
export function planView(facts: PlanFacts): PlanView {
  const { target, policy } = facts;
  const hosts = new Map(target.hosts.map((host) => [host.instanceId, host]));
  const waves = planWaves({
    hosts: target.hosts.map(({ instanceId, zone }) => ({
      instanceId,
      zone,
      isDown: false,
      isOutdated: facts.releaseId === null || facts.runningOn.get(instanceId) !== facts.releaseId,
    })),
    waves: policy.waves,
  });
  return {
    service: facts.stage.service,
    stage: stageLabel(facts.stage),
    release: { from: facts.stable, to: facts.release },
    source: facts.source,
    waves: waves.map((wave: Wave) => ({
      number: wave.number,
      hosts: wave.hosts.flatMap((id) => {
        const host = hosts.get(id);
        return host === undefined ? [] : [{ instanceId: id, name: host.name, zone: host.zone }];
      }),
    })),
    skipped: target.skipped.map((host) => host.name),
    policy: [...policySentences(policy), ...alarmSentences(policy, facts.alarms)],
    movesStable: target.isWholeTarget,
    warnings: facts.warnings,
  };
}

function policySentences(policy: RolloutConfig): readonly string[] {
  return [
    `at most ${hostCount(policy.maxUnavailable)} down at once`,
    policy.maxFailedHosts === 0
      ? 'the first failed host turns all of it back'
      : `more than ${hostCount(policy.maxFailedHosts)} failed turns all of it back`,
    ...(policy.bakeSeconds === 0 ? [] : [`each wave bakes ${policy.bakeSeconds} s and is verified again`]),
    ...approvalSentences(policy.approval),
  ];
}

/** `payment-5xx is OK`; what would stop it now stands first. */
function alarmSentences(policy: RolloutConfig, found: readonly Alarm[]): readonly string[] {
  const reading = readAlarms(policy.alarms, found);
  const seen = reading.kind === 'read' ? reading.alarms : [];
  const firing = firingAlarms(reading);
  return [
    ...firing.map(({ name }) => `${name} is in ALARM: a deployment would end before it starts`),
    ...seen
      .filter((alarm) => !firing.includes(alarm))
      .map(({ name, state, isReportOnly }) =>
        isReportOnly
          ? `the alarm ${name} is ${state}, and only reports`
          : `the alarm ${name} turns it back (now ${state})`,
      ),
  ];
}

function approvalSentences(approval: Approval): readonly string[] {
  switch (approval.kind) {
    case 'none':
      return [];
    case 'before-staging':
      return [`${who(approval)} before anything is sent to a host${within(approval)}`];
    case 'before-first-wave':
      return [`${who(approval)} before the first wave${within(approval)}`];
    case 'after-wave':
      return [`${who(approval)} after entry ${approval.wave} of the waves${within(approval)}`];
  }
}

type Asked = Exclude<Approval, { readonly kind: 'none' }>;

function who(approval: Asked): string {
  return approval.for === 'uploads' ? 'a person approves an upload' : 'a person approves';
}

function within({ timeLimitSeconds }: Asked): string {
  return `, within ${durationText(timeLimitSeconds)}: rollgate approve`;
}

function hostCount(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`;
}
