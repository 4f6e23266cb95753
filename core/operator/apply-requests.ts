import type { HostProgress } from '../model/host-progress.ts';
import type { Controls } from '../model/operator-requests.ts';
import type { RecordedDecision } from '../model/rollout-facts.ts';
import { hasFailed } from '../rollout/progress/host-standing.ts';

/**
 * The progress of hosts with what operators have said about each. A retry names its hosts and is worth one more try of each:
 * it is spent with the decision that makes it.
 */
export function applyRequests(
  progress: readonly HostProgress[],
  { skip, retry }: Pick<Controls, 'skip' | 'retry'>,
  decisions: readonly RecordedDecision[],
): readonly HostProgress[] {
  const retries = decisions.flatMap(({ decision }) =>
    (decision.kind === 'stage' || decision.kind === 'wave') && decision.isRetry ? [decision.hosts] : [],
  );
  const naming = (instanceId: string, lists: readonly (readonly string[] | undefined)[]): number =>
    lists.filter((hosts) => hosts?.includes(instanceId)).length;
  return progress.map((each) => {
    const { instanceId } = each.host;
    const isRetried = naming(instanceId, retries) > 0;
    const isSkipped = skip.some((word) => word.hosts?.includes(instanceId));
    return {
      ...each,
      // Nobody looks for one that is left out.
      recovery: isSkipped ? null : each.recovery,
      // What went wrong before an operator said retry is history.
      diagnosis: isRetried && !hasFailed(each) ? null : each.diagnosis,
      isSkipped,
      isToRetry:
        naming(
          instanceId,
          retry.map((word) => word.hosts),
        ) > naming(instanceId, retries),
    };
  });
}
