import type { Host, Ports } from '../../clients/ports.ts';
import { type DiagnosisFacts, diagnose, upstreamToLookUp } from '../../core/diagnosis/diagnose.ts';
import { judgeInvocation } from '../../core/host/judge-invocation.ts';
import type { AdmittedDeployment, StepOutcome } from '../../core/model/deployment-records.ts';
import type { Diagnosis } from '../../core/model/diagnosis.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { mayBeInterrupted } from '../../core/operator/interrupts.ts';
import { backoffMilliseconds, isTriedAgain, maxTries } from '../../core/rollout/decide/decide-by-cause.ts';
import { stableBefore } from '../../core/rollout/outcome/stable-before.ts';
import type { HostStep } from '../../core/rollout/progress/host-step.ts';
import { readState, requireLock } from '../../ledger/lock/target-state.ts';
import { readStoppingWords } from '../../ledger/operator/requests.ts';
import { keepPackages, readRelease } from '../../ledger/release/releases.ts';
import type { PlannedDeployment } from '../../ledger/rollout/deployments.ts';
import { readSteps, writeOutcome } from '../../ledger/rollout/host-steps.ts';
import type { ParkedCommand } from '../../ledger/waiting/parked-tasks.ts';
import { cutShort } from './cut-short.ts';
import { isHeldBack } from './held-back.ts';
import { readIngress } from './read-ingress.ts';
import { sendStep } from './send-step.ts';
import { stepOfRound } from './step-of-round.ts';
import { tellStep } from './tell-step.ts';

/**
 * Looks once at a parked step and, where it has ended, answers its task. Called after the send, at every status event and
 * at every heartbeat: whoever sees the end first writes the outcome, and the first outcome stands.
 */
export async function answerStep(
  ports: Ports,
  deployment: PlannedDeployment,
  parked: ParkedCommand,
  askHost?: () => Promise<Host['state']>,
): Promise<void> {
  const { deploymentId, instanceId, action, round } = parked;
  for (;;) {
    const steps = await readSteps(ports, deploymentId, instanceId);
    const step = stepOfRound(steps, action, round);
    if (step === undefined) {
      return;
    }
    const outcome =
      step.outcome ?? (await lookAtStep(ports, deployment, step, askHost)) ?? (await stop(ports, deploymentId, step));
    if (outcome === undefined) {
      return;
    }
    const triedSoFar = steps.filter((each) => each.intent.action === action && each.intent.round === round).length;
    if (!outcome.isRetryable || triedSoFar >= maxTries) {
      await tellStep(ports, deployment.plan, parked, outcome);
      return;
    }
    await ports.clock.wait(backoffMilliseconds[triedSoFar - 1] ?? 0);
    const known = await readSteps(ports, deploymentId, instanceId);
    // Whoever else answers this step may have sent it meanwhile.
    if (stepOfRound(known, action, round)?.intent.attempt !== step.intent.attempt) {
      continue;
    }
    const state = await readState(ports);
    if (await isHeldBack(ports, deployment, requireLock(state, parked), { ...parked, isSentAgain: true })) {
      await tellStep(ports, deployment.plan, parked, outcome);
      return;
    }
    await sendStep(ports, deployment, parked, { steps: known, state });
  }
}

/** An operator's word ends what may be ended, also where the event of that word was lost. */
async function stop(ports: Ports, deploymentId: string, step: HostStep): Promise<StepOutcome | undefined> {
  return mayBeInterrupted(step.intent.action)
    ? cutShort(ports, deploymentId, step, await readStoppingWords(ports, deploymentId))
    : undefined;
}

/** Asks SSM once; writes and returns the outcome where the step has ended. */
async function lookAtStep(
  ports: Ports,
  deployment: PlannedDeployment,
  step: HostStep,
  askHost?: () => Promise<Host['state']>,
): Promise<StepOutcome | undefined> {
  const { intent, commandId } = step;
  const { instanceId, action } = intent;
  const found = commandId === null ? undefined : await ports.commands.invocation(commandId, instanceId);
  const facts = { intent, invocation: found ?? null, nowMilliseconds: ports.clock.now() };
  const first = judgeInvocation(facts);
  // SSM goes on waiting for a host that was switched off: EC2 knows better.
  const hostState = first.kind === 'pending' ? await askHost?.() : undefined;
  const verdict = hostState === undefined ? first : judgeInvocation({ ...facts, hostState });
  if (verdict.kind === 'pending') {
    return undefined;
  }
  const { status, report } = verdict;
  const { deploymentId, release: released } = deployment.admitted;
  const { manifest } = await readRelease(ports, released.number);
  const diagnosis =
    status === 'done'
      ? null
      : await diagnoseStep(ports, instanceId, stableBefore(deployment), {
          ...(report === null ? {} : { report }),
          ...(hostState === undefined ? {} : { hostGone: hostState }),
          ...(found === undefined ? {} : { invocation: found }),
          configuration: manifest.configuration,
          nowSeconds: ports.clock.now() / 1000,
        });
  if (status === 'done' && report?.installed !== undefined) {
    await keepPackages(ports, manifest.artifact.requirementsSha256, report.installed.packages);
  }
  const seconds = (ports.clock.now() - Date.parse(intent.at)) / 1000;
  const isRetryable =
    diagnosis !== null &&
    isTriedAgain({ cause: diagnosis.cause, action, isUndelivered: verdict.isUndelivered, seconds });
  const at = new Date(ports.clock.now()).toISOString();
  return writeOutcome(ports, deploymentId, intent, { status, at, commandId, report, diagnosis, isRetryable });
}

/**
 * An upstream that keeps silent is most often behind a security group: those are read before it is said why. Whether the
 * release before calls the same says whose fault it is.
 */
async function diagnoseStep(
  ports: Ports,
  instanceId: string,
  stable: AdmittedDeployment['stable'],
  known: DiagnosisFacts,
): Promise<Diagnosis> {
  const facts = known.report?.checks?.some((check) => !check.isOk && check.name.includes(':'))
    ? { ...known, before: await releaseBefore(ports, stable) }
    : known;
  const silent = upstreamToLookUp(facts);
  return diagnose(silent === undefined ? facts : { ...facts, ingress: await readIngress(ports, instanceId, silent) });
}

async function releaseBefore(ports: Ports, stable: AdmittedDeployment['stable']): Promise<DiagnosisFacts['before']> {
  if (stable === null) {
    return undefined;
  }
  const { manifest } = await readRelease(ports, stable.number);
  return { name: releaseName(stable.number), configuration: manifest.configuration };
}
