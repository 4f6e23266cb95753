import { stageLabel } from '../views/stage-label.ts';
import type { Check } from './check.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkBuckets } from './check-buckets.ts';
import { checkConfiguration, checkEnvironment, checkSecrets } from './check-configuration.ts';
import { checkHosts } from './check-hosts.ts';
import { checkStack } from './check-stack.ts';
import { checkTarget } from './check-target.ts';
import type { DoctorFacts } from './facts.ts';

/** What was looked at, and whether all of it is well. */
export interface DoctorReport {
  readonly service: string;
  readonly stage: string;
  /** Nothing has failed, and nothing was hidden; warnings do not count. */
  readonly isWell: boolean;
  readonly checks: readonly Check[];
}

/** Everything that must be there for a deployment to succeed, in the order in which it is needed. */
export function examineStage(facts: DoctorFacts): DoctorReport {
  const { aws, configuration } = facts;
  const config = configuration.kind === 'valid' ? configuration.config : facts.file.config;
  const checks = [
    ...(aws === null ? [] : [...checkStack(facts, aws), ...checkBuckets(facts, aws)]),
    ...checkConfiguration(facts),
    ...(config === null
      ? []
      : [
          ...(aws === null ? [] : checkSecrets(facts, aws, config)),
          ...checkEnvironment(facts, config),
          ...checkHosts(facts, config),
          ...checkAlarms(facts, config),
        ]),
    ...checkTarget(facts),
  ];
  return {
    service: facts.stage.service,
    stage: stageLabel(facts.stage),
    isWell: checks.every(({ verdict }) => verdict === 'good' || verdict === 'warning'),
    checks,
  };
}
