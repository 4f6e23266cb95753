import { join } from 'node:path';
import type { StageDirectory } from '../clients/aws/aws-settings.ts';
import type { Ports } from '../clients/ports.ts';
import type { StageAddress } from '../clients/stage-address.ts';
import type { StageInspection } from '../clients/stage-inspection.ts';

/** The stage of the embedded engine. */
export const localStageName = 'local';

/**
 * The one place where the CLI gets its ports: `local` is the engine that runs over this state directory, every other stage
 * is found on AWS. The AWS SDK is loaded for those only, and first the one client that finds the stage: it takes longer than all
 * the rest.
 */
export async function connect(address: StageAddress, stateDirectory: string): Promise<Ports> {
  if (address.stage === localStageName) {
    const { createRemotePorts } = await import('../local/rpc/remote-ports.ts');
    return createRemotePorts(join(stateDirectory, 'engine.sock'));
  }
  const directory = await findOnAws(address);
  const { createAwsPorts } = await import('../clients/aws/aws-ports.ts');
  return createAwsPorts(directory);
}

/** What looks at the parts of a stage on AWS; null where the stage is the embedded engine. */
export async function inspectorOf(address: StageAddress): Promise<StageInspection | null> {
  if (address.stage === localStageName) {
    return null;
  }
  const directory = await findOnAws(address);
  const { createStageInspection } = await import('../clients/aws/stage-inspection.ts');
  return createStageInspection(directory);
}

async function findOnAws(address: StageAddress): Promise<StageDirectory> {
  Object.assign(process.env, awsVariables(address, process.env));
  const { readStageDirectory } = await import('../clients/aws/stage-directory.ts');
  return readStageDirectory(address);
}

/**
 * The variables that say to the SDK what was typed. AWS_DEFAULT_REGION is what the AWS CLI and boto read; this SDK knows
 * AWS_REGION alone.
 */
export function awsVariables(
  address: Pick<StageAddress, 'region' | 'profile'>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const given = (...texts: readonly (string | undefined)[]) => texts.find((text) => text !== undefined && text !== '');
  const region = given(address.region, environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']);
  const profile = given(address.profile);
  return {
    ...(region === undefined ? {} : { AWS_REGION: region }),
    ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
  };
}
