import type { Ports } from '../../clients/ports.ts';
import type { SilentUpstream } from '../../core/diagnosis/diagnose-upstream.ts';
import { oneLine } from '../../core/diagnosis/finding.ts';
import { judgeIngress, type ReadIngress } from '../../core/network/judge-ingress.ts';

/** Letters of what AWS said that a person still reads. */
const longestWhy = 160;

/**
 * What the security groups have to do with an upstream that keeps silent. It makes a diagnosis more exact and decides
 * nothing: whatever goes wrong becomes part of the sentence.
 */
export async function readIngress(
  ports: Ports,
  instanceId: string,
  { address, port }: SilentUpstream,
): Promise<ReadIngress> {
  try {
    const ends = await ports.securityGroups.ends(instanceId, address);
    return judgeIngress({ ends, address, port });
  } catch (error) {
    return { kind: 'unread', why: oneLine(error instanceof Error ? error.message : String(error), longestWhy) };
  }
}
