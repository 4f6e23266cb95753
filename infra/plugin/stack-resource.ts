import type { Provider, StackResource } from './serverless.ts';

/** The resource of this name, if the stack is deployed and has it. */
export async function stackResource(provider: Provider, logicalId: string): Promise<StackResource | undefined> {
  const found = (await resourcesOf(provider)).find((resource) => resource.LogicalResourceId === logicalId);
  return found === undefined || gone.includes(found.ResourceStatus) ? undefined : found;
}

const gone: readonly string[] = ['CREATE_FAILED', 'DELETE_COMPLETE', 'DELETE_SKIPPED'];

async function resourcesOf(provider: Provider): Promise<readonly StackResource[]> {
  try {
    return await provider.getStackResources();
  } catch (error) {
    // CloudFormation has no name of its own for it: a ValidationError with this sentence.
    if (error instanceof Error && error.message.includes('does not exist')) {
      return [];
    }
    throw error;
  }
}
