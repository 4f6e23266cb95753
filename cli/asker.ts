import type { Ports } from '../clients/ports.ts';
import type { StageAddress } from '../clients/stage-address.ts';
import type { World } from './world.ts';

/** Letters that a record takes of a name. */
const maxLetters = 256;

/**
 * Who asks, as the record names them: the user of this machine. On AWS nobody has checked that name, and the record says
 * so; CloudTrail has the one that was checked.
 */
export function askerOf(
  world: Pick<World, 'user'>,
  ports: Pick<Ports, 'stage'>,
  { profile }: Pick<StageAddress, 'profile'>,
): string {
  if (ports.stage.kind === 'embedded') {
    return world.user;
  }
  const of = profile === undefined || profile === '' ? '' : `profile ${profile}, `;
  const how = `${of}unverified, see CloudTrail`;
  return `${world.user} (${how})`.slice(0, maxLetters);
}
