import type { PlannedHost } from '../model/deployment-records.ts';
import type { HostProgress } from '../model/host-progress.ts';
import type { RolloutFacts } from '../model/rollout-facts.ts';
import { stableBefore } from '../rollout/outcome/stable-before.ts';
import { hasFailed, isInterrupted, isSuspended } from '../rollout/progress/host-standing.ts';
import { judgeTurned, type WordVerdict } from './validate-request.ts';

/** A word about hosts: whom it is about, or what to type instead. */
export type HostVerdict =
  | { readonly kind: 'said'; readonly hosts: readonly PlannedHost[] }
  | Extract<WordVerdict, { readonly kind: 'refused' }>;

/**
 * Whether a host can be left out of the running deployment from now on. What has passed is not taken back, and at least
 * one host must be left that gets the release.
 */
export function judgeSkip(facts: RolloutFacts, typed: string): HostVerdict {
  const turned = judgeTurned(spokenTo(facts));
  if (turned?.kind === 'refused') {
    return turned;
  }
  const host = hostNamed(facts, typed);
  if (host === undefined) {
    return stranger(facts, typed, 'skip');
  }
  const { name, instanceId } = host.host;
  if (host.isSkipped) {
    return refusal(`${name} is skipped already`, 'rollgate status');
  }
  if (host.run === 'passed') {
    const before = stableBefore(facts);
    return refusal(
      `${name} runs the release already and has passed; what passed is not taken back by skip`,
      before === null ? 'rollgate halt' : `rollgate deploy --release v${before.number} --hosts ${instanceId}`,
    );
  }
  const isLast = facts.progress.every((other) => other === host || other.isSkipped || hasFailed(other));
  return isLast
    ? refusal(`${name} is the last host of this deployment; without it nothing is left to deploy`, 'rollgate halt')
    : { kind: 'said', hosts: [host.host] };
}

/** Which hosts of a running deployment are tried, or asked, once more. */
export function judgeRetry(facts: RolloutFacts, typed: string | undefined): HostVerdict {
  const { deploymentId } = facts.admitted;
  const turned = judgeTurned(spokenTo(facts));
  if (turned?.kind === 'refused') {
    return { ...turned, next: `when it has ended: rollgate retry ${deploymentId}` };
  }
  const open = facts.progress.filter(isOpenToRetry);
  if (typed === undefined) {
    return open.length === 0
      ? refusal(`no host of ${deploymentId} has failed so far`, 'rollgate status')
      : { kind: 'said', hosts: open.map((each) => each.host) };
  }
  const host = hostNamed(facts, typed);
  if (host === undefined) {
    return stranger(facts, typed, 'retry');
  }
  return open.includes(host)
    ? { kind: 'said', hosts: [host.host] }
    : refusal(
        `${host.host.name} has not failed${host.isToRetry ? ' again, and is to be retried already' : ''}`,
        'rollgate status',
      );
}

function isOpenToRetry(host: HostProgress): boolean {
  return (
    !host.isSkipped &&
    !host.isToRetry &&
    (isSuspended(host) || isInterrupted(host) || (hasFailed(host) && host.run !== 'revertFailed'))
  );
}

function spokenTo({ admitted, controls, decisions }: RolloutFacts) {
  return { deploymentId: admitted.deploymentId, controls, decisions };
}

function hostNamed({ progress }: RolloutFacts, typed: string): HostProgress | undefined {
  return progress.find(({ host }) => host.instanceId === typed || host.name === typed);
}

function stranger({ progress, admitted }: RolloutFacts, typed: string, verb: string): HostVerdict {
  const known = progress.map(({ host }) => `${host.name} (${host.instanceId})`).join(', ');
  return refusal(
    `host: ${JSON.stringify(typed)} is no host of ${admitted.deploymentId}, which has ${known}`,
    `rollgate ${verb} ${progress[0]?.host.name ?? ''}`,
  );
}

function refusal(why: string, next: string): Extract<WordVerdict, { readonly kind: 'refused' }> {
  return { kind: 'refused', why, next };
}
