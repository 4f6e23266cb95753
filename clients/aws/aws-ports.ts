import type { Ports } from '../ports.ts';
import { createAwsClients } from './aws-clients.ts';
import type { AwsSettings } from './aws-settings.ts';
import { createCall } from './call.ts';
import { createCloudWatchAlarms } from './cloudwatch-alarms.ts';
import { createEc2Inventory } from './ec2-inventory.ts';
import { createEc2SecurityGroups } from './ec2-security-groups.ts';
import { createS3Artifacts } from './s3-artifacts.ts';
import { createS3Ledger } from './s3-ledger.ts';
import { createSfnExecutions } from './sfn-executions.ts';
import { createSsmCommands } from './ssm-commands.ts';
import { createSystemClock } from './system-clock.ts';

export interface AwsPortsOptions {
  /** The signal that ends the calls of the work at hand; asked at each call. */
  readonly signal?: () => AbortSignal | undefined;
  /** Of an emulator; of AWS where absent. `AWS_ENDPOINT_URL` counts as in other tools. */
  readonly endpoint?: string;
  /** Milliseconds without a byte after which an answer counts as lost: 20 s of S3, 10 s of the others where absent. */
  readonly silenceMilliseconds?: number;
}

/** The ports on AWS. Makes no call: credentials are looked up at the first one. */
export function createAwsPorts(settings: AwsSettings, options: AwsPortsOptions = {}): Ports {
  const { service, stage, region, accountId, stateBucket, artifactBucket, artifactKey, stateMachineArn } = settings;
  const { s3, ec2, ssm, ssmOnce, sfn, cloudWatch } = createAwsClients({
    region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.silenceMilliseconds === undefined ? {} : { silenceMilliseconds: options.silenceMilliseconds }),
  });
  const signal = options.signal ?? (() => undefined);
  const call = createCall(signal);
  const clock = createSystemClock(signal);
  return {
    stage: { service, name: stage, region, accountId, stateBucket, artifactBucket, kind: 'aws' },
    clock,
    ledger: createS3Ledger({ s3, call, clock, bucket: stateBucket }),
    artifacts: createS3Artifacts({ s3, call, bucket: artifactBucket, key: artifactKey, stateBucket }),
    inventory: createEc2Inventory({ ec2, ssm, call }),
    securityGroups: createEc2SecurityGroups({ ec2, signal }),
    commands: createSsmCommands({ ssm, ssmOnce, call, clock, service, stage }),
    executions: createSfnExecutions({ sfn, call, stateMachineArn }),
    alarms: createCloudWatchAlarms({ cloudWatch, call }),
  };
}
