import type { HostOutcome } from '../../model/deployment-records.ts';
import type { HostProgress } from '../../model/host-progress.ts';
import type { Control } from '../../model/operator-requests.ts';
import { saidBy } from '../../model/operator-requests.ts';
import { releaseName } from '../../model/release-manifest.ts';
import type { Failure, RolloutFacts } from '../../model/rollout-facts.ts';
import { mayBePutBack } from '../plan/way-back.ts';
import { isLeftOutside, isOutside } from '../progress/balancer-standing.ts';
import { isSeenServing } from '../progress/seen-serving.ts';
import { stableBefore } from './stable-before.ts';

/** How one host of the plan ended, and for a dirty one what to type to put it right. */
export function hostOutcome(host: HostProgress, facts: RolloutFacts, failure: Failure | null): HostOutcome {
  // A host that passed, in a rollout that turned back, should run its previous release.
  const isLeftOver = host.run === 'passed' && failure !== null && !failure.keepsHosts && mayBePutBack(facts, host);
  const isDirty =
    !host.isSettled || host.run === 'failed' || host.run === 'revertFailed' || isLeftOver || isLeftOutside(host);
  const keeps = facts.controls.halt?.isKept ?? false;
  const skip = isLeftOut(host) ? skipOf(facts, host) : undefined;
  const isServing = isSeenServing(host);
  const status = isDirty
    ? keeps && host.isSettled
      ? 'kept'
      : 'dirty'
    : skip !== undefined
      ? 'skipped'
      : ({ untouched: 'untouched', passed: 'passed', reverted: 'reverted' } as const)[
          host.run as 'untouched' | 'passed' | 'reverted'
        ];
  return {
    instanceId: host.host.instanceId,
    name: host.host.name,
    status,
    running: host.running,
    observedAt: host.observedAt,
    diagnosis: host.diagnosis,
    repair: status === 'dirty' ? repairCommand(host, facts) : null,
    reported: host.reported,
    ...(isServing === undefined ? {} : { isServing }),
    ...(isDirty && isOutside(host) ? { isOutside: true } : {}),
    ...(failure?.keepsHosts === true ? { goesBackTo: host.run === 'passed' ? host.running : host.before } : {}),
    ...(status !== 'skipped' || skip === undefined ? {} : { why: `skipped ${saidBy(skip)}` }),
  };
}

/** An operator has said skip, and it runs what it ran before. */
export function isLeftOut(host: HostProgress): boolean {
  return host.isSkipped && (host.run === 'untouched' || host.run === 'reverted');
}

function skipOf({ controls }: RolloutFacts, { host }: HostProgress): Control | undefined {
  return controls.skip.find((word) => word.hosts?.includes(host.instanceId));
}

/**
 * A dirty host is put right by deploying the stable release to it alone, through the same gates; in a rollback the release
 * that the others went back to. Before the first stable release there is none to put back, and the one that just failed is no
 * remedy.
 */
function repairCommand(host: HostProgress, facts: RolloutFacts): string {
  const stable = facts.admitted.isRollback ? facts.admitted.release : stableBefore(facts);
  return stable === null
    ? 'upload a version that works (rollgate deploy ZIP): no release is stable yet that could be put back'
    : `rollgate deploy --release ${releaseName(stable.number)} --hosts ${host.host.instanceId}`;
}

/** How a host of the target ended that was offline and left out. */
export function skippedOutcome(instanceId: string, name: string): HostOutcome {
  return { instanceId, name, status: 'skipped', running: null, observedAt: null, diagnosis: null, repair: null };
}
