import type { Chronicle } from '../chronicle.ts';

/** A command changes what a host runs only while its deployment has the lock, or where its end says that this may still come. */
export function onlyTheHolderSwitches({ changes, ends }: Chronicle): readonly string[] {
  return changes
    .filter(({ deploymentId, holder }) => holder !== deploymentId)
    .filter(({ deploymentId, name }) => {
      const end = ends.find((each) => each.deploymentId === deploymentId);
      return !end?.outcome.hosts.some((host) => host.name === name && host.status === 'dirty');
    })
    .map(
      ({ deploymentId, name, holder, after }) =>
        `a command of ${deploymentId} switched ${name} to ${after.running} while ${holder ?? 'nobody'} had the lock`,
    );
}
