import { join } from 'node:path';
import type { Ports } from '../clients/ports.ts';
import { createRemotePorts } from '../local/rpc/remote-ports.ts';
import { CliError } from './cli-error.ts';

/** The one place where the CLI gets its ports: the engine that runs over this state directory. */
export async function connect(stage: string, stateDirectory: string): Promise<Ports> {
  if (stage !== 'local') {
    throw new CliError(`stage ${stage}: only the stage local can be reached from here`, 'leave --stage out', 2);
  }
  return createRemotePorts(join(stateDirectory, 'engine.sock'));
}
