import { type Check, checkOf, checksAbout, deployStack, remakeStack } from './check.ts';
import type { BucketFacts, DoctorFacts, InspectedStage } from './facts.ts';

/** The bucket that people upload to, and the one that the ledger is in. */
export function checkBuckets(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  return [
    ...checkBucket(facts, 'artifact bucket', facts.stage.artifactBucket, aws.artifactBucket),
    ...checkBucket(facts, 'state bucket', facts.stage.stateBucket, aws.stateBucket),
  ];
}

type Which = 'artifact bucket' | 'state bucket';

/** What happens where nobody hears of new objects. */
const silence: Readonly<Record<Which, string>> = {
  'artifact bucket': 'an upload starts nothing',
  'state bucket': 'halt, pause, resume and approve are not heard',
};

function checkBucket(facts: DoctorFacts, which: Which, name: string, bucket: BucketFacts): readonly Check[] {
  const { failed } = checksAbout(which);
  if (bucket.isElsewhere) {
    return [
      failed(
        `${name} is not in ${facts.stage.region}: its events go to the EventBridge of its own region, so ${silence[which]}`,
        '# deploy the stack to the region of the bucket, or give it a bucket of this region:',
        deployStack(facts, '<name>'),
      ),
    ];
  }
  const parts = [bucket.versioning, bucket.notifications, bucket.encryption];
  if (parts.some((part) => part.kind === 'absent')) {
    return [failed(`${name} does not exist`, ...ifGone(facts, which, name))];
  }
  return [
    ...checkVersioning(facts, which, name, bucket),
    ...checkEvents(facts, which, name, bucket),
    ...checkEncryption(facts, which, name, bucket),
  ];
}

function ifGone(facts: DoctorFacts, which: Which, name: string): readonly string[] {
  return which === 'state bucket'
    ? [...remakeStack(facts), '# the new bucket begins empty, and knows no release']
    : [
        `aws s3 mb s3://${name} --region ${facts.stage.region}`,
        '# or give the stack another one:',
        deployStack(facts, '<name>'),
      ];
}

function checkVersioning(facts: DoctorFacts, which: Which, name: string, bucket: BucketFacts): readonly Check[] {
  const { good, failed } = checksAbout(which);
  const why =
    which === 'artifact bucket'
      ? 'an upload that another one overwrites can not be told apart, nor be deployed any more'
      : 'what somebody deletes or overwrites by hand is gone';
  return checkOf(which, facts, bucket.versioning, absent(which, name), (versioning) =>
    versioning === 'Enabled'
      ? good(`${name} keeps versions`)
      : failed(
          `${name} keeps no versions (${versioning}): ${why}`,
          `aws s3api put-bucket-versioning --bucket ${name} --versioning-configuration Status=Enabled --region ${facts.stage.region}`,
        ),
  );
}

/** S3 knows no call that adds to the configuration: each replaces all of it. */
function checkEvents(facts: DoctorFacts, which: Which, name: string, bucket: BucketFacts): readonly Check[] {
  const { good, failed } = checksAbout(which);
  const { region } = facts.stage;
  const what = silence[which];
  const put = `aws s3api put-bucket-notification-configuration --bucket ${name} --region ${region} --notification-configuration`;
  return checkOf(which, facts, bucket.notifications, absent(which, name), ({ hasEventBridge, others }) => {
    if (hasEventBridge) {
      return good(`${name} sends its events to EventBridge`);
    }
    return others === 0
      ? failed(
          `${name} sends no events to EventBridge: ${what}`,
          `${put} '{"EventBridgeConfiguration": {}}'`,
          '# it takes up to five minutes to count',
        )
      : failed(
          `${name} sends no events to EventBridge: ${what}; it has ${others} other notification${others === 1 ? '' : 's'}`,
          '# put replaces the whole configuration: so take what is there, add to it, look at it, put it back',
          `aws s3api get-bucket-notification-configuration --bucket ${name} --region ${region} | jq '. + {"EventBridgeConfiguration": {}}' > notification.json`,
          `${put} file://notification.json`,
          '# it takes up to five minutes to count',
        );
  });
}

function checkEncryption(facts: DoctorFacts, which: Which, name: string, bucket: BucketFacts): readonly Check[] {
  const { good, warning } = checksAbout(which);
  const encrypt = `aws s3api put-bucket-encryption --bucket ${name} --region ${facts.stage.region} --server-side-encryption-configuration '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'`;
  return checkOf(which, facts, bucket.encryption, absent(which, name), (algorithm) => {
    if (algorithm === 'AES256') {
      return good(`${name} is encrypted (${algorithm})`);
    }
    if (algorithm === 'none') {
      return warning(`${name} encrypts nothing by itself`, encrypt);
    }
    return which === 'artifact bucket'
      ? warning(
          `${name} is encrypted with a key of KMS (${algorithm}): uploads are read only where that key lets Rollgate`,
          `# allow kms:Decrypt on that key to the role of rollgate-${facts.stage.service}-${facts.stage.name}-AdmitDeployment`,
        )
      : warning(
          `${name} is encrypted with a key of KMS (${algorithm}), not as the stack makes it: neither its functions nor the hosts may use the key`,
          encrypt,
        );
  });
}

/** Only where one of three answers says that there is no such bucket and the others were not asked. */
function absent(which: Which, name: string): () => Check {
  return () => checksAbout(which).failed(`${name} does not exist`);
}
