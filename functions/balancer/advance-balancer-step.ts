import type { Ports, RegistrationResult } from '../../clients/ports.ts';
import { type BalancerVerdict, judgeDrain, judgeJoin } from '../../core/balancer/judge-balancer.ts';
import { groupGone, registrationRefused } from '../../core/diagnosis/diagnose-balancer.ts';
import type { PlannedHost, StepIntent, StepOutcome } from '../../core/model/deployment-records.ts';
import type { PlannedBalancer } from '../../core/model/planned-balancer.ts';
import { isCancelled } from '../../core/rollout/decide/is-cancelled.ts';
import { readState, requireLock } from '../../ledger/lock/target-state.ts';
import { readControls } from '../../ledger/operator/requests.ts';
import { readDecision } from '../../ledger/rollout/deployments.ts';
import { readSteps, writeIntent, writeOutcome } from '../../ledger/rollout/host-steps.ts';
import type { ParkedBalancer } from '../../ledger/waiting/parked-tasks.ts';
import { stepOfRound } from '../host-step/step-of-round.ts';

export type Looked =
  | { readonly kind: 'waiting'; readonly healthyLooks: number }
  | { readonly kind: 'ended'; readonly outcome: StepOutcome };

/**
 * Looks once, changes what has to be changed, and looks again. The intent is written before the first change, with
 * whether the host was registered: whoever repairs this deployment knows where the host belongs. Throws LockLostError.
 */
export async function advanceBalancerStep(
  ports: Ports,
  balancer: PlannedBalancer,
  host: PlannedHost,
  parked: ParkedBalancer,
): Promise<Looked> {
  const { deploymentId, instanceId, action, round, fence } = parked;
  const steps = await readSteps(ports, deploymentId, instanceId);
  const earlier = stepOfRound(steps, action, round);
  if (earlier?.outcome != null) {
    return { kind: 'ended', outcome: earlier.outcome };
  }
  const target = { instanceId, port: balancer.port };
  const first = await ports.balancer.targets(balancer.groupArn);
  const isRegistered = first?.some((each) => each.instanceId === instanceId && each.port === target.port) ?? false;
  const attempt = steps.filter((step) => step.intent.action === action).length + 1;
  const intent =
    earlier?.intent ??
    (await writeIntent(ports, deploymentId, intentOf(ports, balancer, parked, attempt, isRegistered)));
  const [decision, controls] = await Promise.all([
    readDecision(ports, deploymentId, round),
    readControls(ports, deploymentId),
  ]);

  function judge(targets: NonNullable<typeof first>, hasChanged: boolean): BalancerVerdict {
    const look = {
      balancer,
      instanceId,
      hostName: host.name,
      targets,
      hasChanged,
      nowMilliseconds: ports.clock.now(),
      deadlineMilliseconds: intent.deadlineMilliseconds,
      healthyLooks: parked.healthyLooks,
      isCancelled: isCancelled(action, decision, controls),
    };
    return action === 'drain' ? judgeDrain(look) : judgeJoin(look);
  }

  async function change(how: 'register' | 'deregister'): Promise<RegistrationResult> {
    // Whoever takes the lock over reads the intents after that: either they see ours, or we see that it is gone.
    requireLock(await readState(ports), { deploymentId, fence });
    return ports.balancer[how](balancer.groupArn, target);
  }

  async function end(verdict: Extract<BalancerVerdict, { readonly kind: 'ended' }>): Promise<Looked> {
    const { status, note, diagnosis } = verdict;
    if (action === 'join' && status === 'failed') {
      await change('deregister');
    }
    const at = new Date(ports.clock.now()).toISOString();
    const outcome = await writeOutcome(ports, deploymentId, intent, {
      status,
      at,
      commandId: null,
      report: null,
      diagnosis,
      isRetryable: false,
      ...(note === null ? {} : { note }),
    });
    return { kind: 'ended', outcome };
  }

  const refused = (diagnosis: ReturnType<typeof groupGone>): Promise<Looked> =>
    end({ kind: 'ended', status: 'failed', note: null, diagnosis });
  if (first === undefined) {
    return refused(groupGone(balancer));
  }
  let verdict = judge(first, false);
  if (verdict.kind === 'change') {
    const result = await change(action === 'drain' ? 'deregister' : 'register');
    if (result.kind === 'refused') {
      return refused(registrationRefused(balancer, result));
    }
    verdict = judge((await ports.balancer.targets(balancer.groupArn)) ?? [], true);
  }
  switch (verdict.kind) {
    case 'ended':
      return end(verdict);
    case 'wait':
      return { kind: 'waiting', healthyLooks: verdict.healthyLooks };
    case 'change':
      return { kind: 'waiting', healthyLooks: 0 };
  }
}

function intentOf(
  ports: Ports,
  balancer: PlannedBalancer,
  { instanceId, action, round, fence }: ParkedBalancer,
  attempt: number,
  wasRegistered: boolean,
): StepIntent {
  const now = ports.clock.now();
  const seconds = action === 'drain' ? balancer.drainSeconds : balancer.healthySeconds;
  return {
    instanceId,
    action,
    attempt,
    round,
    fence,
    key: '',
    comment: balancer.groupName,
    at: new Date(now).toISOString(),
    deadlineMilliseconds: now + seconds * 1000,
    ...(action === 'drain' ? { wasRegistered } : {}),
  };
}
