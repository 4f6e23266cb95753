import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { stageDirectoryParameter } from '../../core/model/names.ts';
import type { StageAddress } from '../stage-address.ts';
import { parseStageDirectory, type StageDirectory } from './aws-settings.ts';
import { explainAccess, StageAccessError, signIn } from './stage-access.ts';

/** How long a person waits for a connection and for an answer before being told. */
const connectionMilliseconds = 5000;
const answerMilliseconds = 15_000;

/**
 * Finds a stage by its service and name: reads the parameter that its stack made. Region and credentials come from where
 * the SDK takes them. Throws StageAccessError with what to type.
 */
export async function readStageDirectory(address: StageAddress): Promise<StageDirectory> {
  const client = new SSMClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: connectionMilliseconds, requestTimeout: answerMilliseconds },
  });
  try {
    const region = await regionOf(client);
    await requireCredentials(client, address);
    const name = stageDirectoryParameter(address.service, address.stage);
    const text = await readParameter(client, name, address, region);
    return parse(name, text, address);
  } finally {
    client.destroy();
  }
}

async function regionOf(client: SSMClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new StageAccessError(
      'no region is named: not by --region, AWS_REGION or AWS_DEFAULT_REGION, nor by the profile',
      'the same again with --region eu-west-1 (the region that the stage was deployed to)',
      { cause: error },
    );
  }
}

/** Asked for by themselves first: an error of theirs is then never taken for one of the call. */
async function requireCredentials(client: SSMClient, address: StageAddress): Promise<void> {
  try {
    await client.config.credentials();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    throw (
      explainAccess(error, address) ??
      new StageAccessError(`no credentials of AWS: ${sentence}`, signIn(address), { cause: error })
    );
  }
}

async function readParameter(client: SSMClient, name: string, address: StageAddress, region: string): Promise<string> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value ?? '';
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') {
      throw new StageAccessError(
        `there is no stage ${address.stage} of ${address.service} in ${region} of this account (no parameter ${name})`,
        `${deployCommand(address, region)}, or name another --stage, --service, --region or --profile`,
        { cause: error },
      );
    }
    throw explainAccess(error, address) ?? error;
  }
}

function parse(name: string, text: string, address: StageAddress): StageDirectory {
  try {
    return parseStageDirectory(name, text);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      throw new StageAccessError(error.message, deployCommand(address), { cause: error });
    }
    throw error;
  }
}

/** What makes the stage, or makes it anew. */
function deployCommand({ service, stage }: StageAddress, region?: string): string {
  const whose = service === 'payment' ? '' : ` --param service=${service}`;
  return `npx osls deploy --stage ${stage}${region === undefined ? '' : ` --region ${region}`}${whose}`;
}
