import type { DeployedBuckets } from '../../clients/aws/deployed-buckets.ts';
import type { Provider } from './serverless.ts';
import { stackResource } from './stack-resource.ts';

/**
 * Empties the artifact bucket that the stack made, so that CloudFormation can delete it with the stack; says so before. A
 * bucket that was there before the stack is never touched: it is no resource of it.
 */
export async function emptyArtifactBucket(
  provider: Provider,
  buckets: Pick<DeployedBuckets, 'empty'>,
  say: (line: string) => void,
): Promise<void> {
  const bucket = (await stackResource(provider, 'ArtifactBucket'))?.PhysicalResourceId;
  if (bucket === undefined) {
    return;
  }
  say(`Emptying the artifact bucket ${bucket}, which goes with the stack; released zips stay in the state bucket.`);
  const deleted = await buckets.empty(bucket);
  say(`Versions of uploads deleted: ${deleted}.`);
}
