import {
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  type LifecycleRule,
  ListObjectVersionsCommand,
  type NotificationConfiguration,
  type OwnershipControls,
  type PublicAccessBlockConfiguration,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  type S3ClientConfig,
  type ServerSideEncryptionConfiguration,
  type VersioningConfiguration,
} from '@aws-sdk/client-s3';

/** How a bucket is set up, as S3 takes it. */
export interface BucketSettings {
  readonly versioning: VersioningConfiguration;
  readonly encryption: ServerSideEncryptionConfiguration;
  readonly publicAccessBlock: PublicAccessBlockConfiguration;
  readonly ownership: OwnershipControls;
  readonly lifecycle: readonly LifecycleRule[];
  /** JSON text */
  readonly policy: string;
}

/** What the deployment of the stack does to buckets beside CloudFormation. */
export interface DeployedBuckets {
  /** Whether there is such a bucket in this account. Throws where it is another account's, or where S3 does not tell. */
  exists(bucket: string, accountId: string): Promise<boolean>;
  /** Sets the bucket up, with its events going to EventBridge; other notifications that it has stay. */
  setUp(bucket: string, settings: BucketSettings): Promise<void>;
  /** Deletes all versions of all objects. Returns how many there were, delete markers counted. */
  empty(bucket: string): Promise<number>;
}

export function deployedBuckets(config: S3ClientConfig): DeployedBuckets {
  const s3 = new S3Client(config);
  return {
    exists: (bucket, accountId) => exists(s3, bucket, accountId),
    setUp: (bucket, settings) => setUp(s3, bucket, settings),
    empty: (bucket) => empty(s3, bucket),
  };
}

async function exists(s3: S3Client, bucket: string, accountId: string): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: accountId }));
    return true;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) {
      return false;
    }
    if (status === 403) {
      throw new Error(
        `bucket ${bucket}: it belongs to another account, or you may not look at it; deploy with s3:ListBucket on it`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function setUp(s3: S3Client, bucket: string, settings: BucketSettings): Promise<void> {
  const Bucket = bucket;
  // Private and owned first: a policy is refused or ignored by what these say.
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: settings.publicAccessBlock }),
  );
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: settings.ownership }));
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: settings.encryption }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: settings.versioning }));
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [...settings.lifecycle] } }),
  );
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: settings.policy }));
  const { $metadata: _, ...notifications } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const withEvents: NotificationConfiguration = { ...notifications, EventBridgeConfiguration: {} };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: withEvents }));
}

async function empty(s3: S3Client, bucket: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    // Always the first page: what was on the one before is gone.
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
      Key,
      VersionId,
    }));
    if (objects.length === 0) {
      return deleted;
    }
    const { Errors: errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = errors;
    if (first !== undefined) {
      throw new Error(
        `bucket ${bucket}: ${first.Key ?? ''} could not be deleted: ${first.Message ?? first.Code ?? ''}`,
      );
    }
    deleted += objects.length;
  }
}
