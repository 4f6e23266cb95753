import type { DeploymentOutcome, HostOutcome } from '../../../../core/model/deployment-records.ts';
import type { World } from '../../../fakes/world.ts';
import type { Chronicle, EndSeen } from '../chronicle.ts';
import { claimProblems } from './claim-of-host.ts';

type HostStatus = HostOutcome['status'];

/** The hosts that an end may name, and whether one of them must be there. */
const hostsOfEnd: Readonly<
  Record<DeploymentOutcome['status'], { readonly may: readonly HostStatus[]; readonly must?: HostStatus }>
> = {
  Succeeded: { may: ['passed', 'skipped'], must: 'passed' },
  Superseded: { may: [] },
  FailedClean: { may: ['untouched', 'skipped'] },
  RolledBack: { may: ['untouched', 'reverted', 'skipped'] },
  Degraded: { may: ['passed', 'reverted', 'untouched', 'skipped'], must: 'passed' },
  Halted: { may: ['passed', 'reverted', 'untouched', 'skipped', 'kept'] },
  FailedDirty: { may: ['passed', 'reverted', 'untouched', 'skipped', 'kept', 'dirty'], must: 'dirty' },
};

/** Every end says what the hosts really run and whether they serve, at the instant at which it is recorded. */
export function endsAreTrue(world: World, chronicle: Chronicle): readonly string[] {
  return chronicle.ends.flatMap((end) => [
    ...problemsOfEnd(chronicle, end),
    ...end.outcome.hosts.flatMap((host) => claimProblems(world, chronicle, end, host)),
  ]);
}

function problemsOfEnd({ changes, plans }: Chronicle, { deploymentId, outcome }: EndSeen): readonly string[] {
  const { may, must } = hostsOfEnd[outcome.status];
  const own = changes.filter((change) => change.deploymentId === deploymentId);
  const wrong = outcome.hosts.filter((host) => !may.includes(host.status));
  const touchesNobody = outcome.status === 'FailedClean' || outcome.status === 'Superseded';
  const sentence = (what: string): string => `${deploymentId} ended ${outcome.status}, and ${what}`;
  return [
    ...wrong.map((host) => sentence(`${host.name} is ${host.status}`)),
    ...(must === undefined || outcome.hosts.some((host) => host.status === must)
      ? []
      : [sentence(`no host is ${must}`)]),
    ...(touchesNobody ? own.map((change) => sentence(`its command switched ${change.name}`)) : []),
    ...(plans.has(deploymentId) && outcome.hosts.length === 0 && own.length > 0
      ? [sentence('its record names no host')]
      : []),
  ];
}
