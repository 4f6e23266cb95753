import type { BucketSettings, DeployedBuckets } from '../../clients/aws/deployed-buckets.ts';
import { resolveNames } from './resolve-names.ts';
import type { Provider, Template } from './serverless.ts';
import { stackResource } from './stack-resource.ts';

/**
 * A stack that was deleted leaves its state bucket behind, and CloudFormation refuses to create one that exists. So where
 * the bucket is there and is not this stack's, its two resources are left out of the template, now and at every later
 * deployment, and the bucket gets from here the settings that they describe. All other resources name it by name.
 */
export async function adoptStateBucket(
  template: Template,
  provider: Provider,
  buckets: Pick<DeployedBuckets, 'exists' | 'setUp'>,
  say: (line: string) => void,
): Promise<void> {
  const accountId = await provider.getAccountId();
  const region = provider.getRegion();
  const resources = resolveNames(
    { bucket: template.Resources['StateBucket'], policy: template.Resources['StateBucketPolicy'] },
    { accountId, region, stackName: provider.naming.getStackName() },
  );
  const { bucket, policy } = resources as unknown as StateBucketResources;
  const name = bucket.Properties.BucketName;
  if ((await stackResource(provider, 'StateBucket')) !== undefined || !(await buckets.exists(name, accountId))) {
    return;
  }
  say(`Adopting the state bucket ${name}: it is there already and stays outside of the stack.`);
  await buckets.setUp(name, settingsOf(bucket.Properties, policy.Properties.PolicyDocument));
  delete template.Resources['StateBucket'];
  delete template.Resources['StateBucketPolicy'];
}

/** The two resources of infra/buckets.yml, as CloudFormation spells them. */
interface StateBucketResources {
  readonly bucket: { readonly Properties: BucketProperties };
  readonly policy: { readonly Properties: { readonly PolicyDocument: unknown } };
}

interface BucketProperties {
  readonly BucketName: string;
  readonly VersioningConfiguration: BucketSettings['versioning'];
  readonly BucketEncryption: {
    readonly ServerSideEncryptionConfiguration: readonly {
      readonly ServerSideEncryptionByDefault: { readonly SSEAlgorithm: 'AES256' };
    }[];
  };
  readonly PublicAccessBlockConfiguration: BucketSettings['publicAccessBlock'];
  readonly OwnershipControls: BucketSettings['ownership'];
  readonly LifecycleConfiguration: {
    readonly Rules: readonly {
      readonly Id: string;
      readonly Status: 'Enabled';
      readonly Prefix: string;
      readonly NoncurrentVersionExpiration: { readonly NoncurrentDays: number };
      readonly ExpiredObjectDeleteMarker: boolean;
    }[];
  };
}

/** CloudFormation and S3 name a few of these differently. */
function settingsOf(properties: BucketProperties, policyDocument: unknown): BucketSettings {
  return {
    versioning: properties.VersioningConfiguration,
    encryption: {
      Rules: properties.BucketEncryption.ServerSideEncryptionConfiguration.map((rule) => ({
        ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
      })),
    },
    publicAccessBlock: properties.PublicAccessBlockConfiguration,
    ownership: properties.OwnershipControls,
    lifecycle: properties.LifecycleConfiguration.Rules.map((rule) => ({
      ID: rule.Id,
      Status: rule.Status,
      Filter: { Prefix: rule.Prefix },
      NoncurrentVersionExpiration: rule.NoncurrentVersionExpiration,
      Expiration: { ExpiredObjectDeleteMarker: rule.ExpiredObjectDeleteMarker },
    })),
    policy: JSON.stringify(policyDocument),
  };
}
