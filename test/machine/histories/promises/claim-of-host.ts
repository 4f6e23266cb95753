import type { HostOutcome, StepOutcome } from '../../../../core/model/deployment-records.ts';
import { keys } from '../../../../ledger/keys.ts';
import { serves } from '../../../../local/simulated-hosts/serves.ts';
import type { SimulatedState } from '../../../../local/simulated-hosts/simulated-state.ts';
import type { World } from '../../../fakes/world.ts';
import type { Chronicle, EndSeen } from '../chronicle.ts';

/** What is untrue in what an end says of one host; a sentence each. */
export function claimProblems(
  world: World,
  chronicle: Chronicle,
  { deploymentId, hosts, at }: EndSeen,
  claim: HostOutcome,
): readonly string[] {
  const { name, status } = claim;
  const now = hosts.get(name);
  const planned = chronicle.plans.get(deploymentId)?.get(name);
  if (now === undefined || planned === undefined) return [];
  const sentence = (what: string): string => `${deploymentId} says that ${name} is ${status}, and ${what}`;
  // What something else did to the host since its plan is not held against the record.
  const plannedAt = Date.parse(
    (world.bucket.json(keys.plan('payment', deploymentId)) as { plannedAt: string }).plannedAt,
  );
  const isDisturbed =
    !now.isPoweredOn ||
    chronicle.disturbances.some((each) => each.name === name && each.at >= plannedAt && each.at <= at);
  const own = chronicle.changes.filter((change) => change.deploymentId === deploymentId && change.name === name);
  const back = whatItGoesBackTo(planned);
  const isBack = now.running === back.running && (isDisturbed || now.isActive === back.isActive);
  switch (status) {
    case 'passed': {
      const isThere = now.running === claim.running;
      return [
        ...(isThere ? [] : [sentence(`it runs ${now.running}, not ${claim.running}`)]),
        ...(serves(now) || isDisturbed ? [] : [sentence('it does not serve')]),
      ];
    }
    case 'reverted':
      return isBack ? [] : [sentence(`it runs ${wordOf(now)}; before, it ran ${wordOf(back)}`)];
    case 'untouched':
      return own.length === 0 ? [] : [sentence('a command of this deployment switched it')];
    case 'skipped':
      return own.length === 0 || isBack ? [] : [sentence(`it runs ${wordOf(now)}; before, it ran ${wordOf(back)}`)];
    case 'kept':
      return claim.running === null || claim.running === now.running
        ? []
        : [sentence(`it runs ${now.running}, not ${claim.running}`)];
    case 'dirty': {
      const isRight = isBack && !isDisturbed && serves(now) && isSettled(world, deploymentId, claim.instanceId);
      return isRight ? [sentence('it is back on what it ran before, and serves')] : [];
    }
  }
}

/** What a host goes back to is what last passed its gate there, or what ran where nothing of ours has. */
function whatItGoesBackTo({ running, isActive, good }: SimulatedState): Pick<SimulatedState, 'running' | 'isActive'> {
  const isOurs = running !== 'none' && running !== 'v0';
  return isOurs && good !== null ? good : { running, isActive };
}

/** Its last revert and the gate after that were answered, and nothing was sent since. */
function isSettled({ bucket }: World, deploymentId: string, instanceId: string): boolean {
  const prefix = `${keys.hosts('payment', deploymentId)}${instanceId}/`;
  const outcomes = bucket
    .keys()
    .filter((key) => key.startsWith(prefix) && !/\.(intent|sent)\.json$/.test(key))
    .map((key) => bucket.json(key) as StepOutcome)
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const last = outcomes.slice(-2);
  return last.length === 2 && last.every((step) => step.status === 'done') && last[1]?.action === 'verifyRevert';
}

function wordOf({ running, isActive }: Pick<SimulatedState, 'running' | 'isActive'>): string {
  return `${running}${isActive ? '' : ', stopped'}`;
}
