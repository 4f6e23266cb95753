import type { Ports } from '../../clients/ports.ts';
import { diagnose } from '../../core/diagnosis/diagnose.ts';
import {
  answerSecondsOf,
  buildHostCommand,
  deliverySeconds,
  lostAfterSeconds,
} from '../../core/host/build-host-command.ts';
import type { DeploymentPlan, Step, StepIntent } from '../../core/model/deployment-records.ts';
import type { CommonParameters, HostCommand } from '../../core/model/host-commands.ts';
import { documentOfAction } from '../../core/model/statuses.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { keys } from '../../ledger/keys.ts';
import { readState, requireLock } from '../../ledger/lock/target-state.ts';
import { readPackages, readRelease, type StoredRelease } from '../../ledger/release/releases.ts';
import type { PlannedDeployment } from '../../ledger/rollout/deployments.ts';
import { type StepEnd, writeIntent, writeOutcome, writeSent } from '../../ledger/rollout/host-steps.ts';
import type { ParkedCommand } from '../../ledger/waiting/parked-tasks.ts';
import { isHeldBack } from './held-back.ts';
import { stepOfRound } from './step-of-round.ts';

/** Seconds that a host's clock may be behind or a command late before the host refuses it. */
const lateSeconds = 30;

/**
 * Sends the command of a step. The intent is written before the call. A step whose send may already have happened is
 * first looked for by its comment; sent again after all, the host's receipt answers it with the first report. A refusal
 * of the second send, or a reason to hold it back, says nothing of the first, which nobody has found: the step is then
 * unknown, not refused. Throws LockLostError.
 */
export async function sendStep(
  ports: Ports,
  deployment: PlannedDeployment,
  parked: ParkedCommand,
  { steps, state }: { readonly steps: readonly Step[]; readonly state: TargetState },
): Promise<void> {
  const { deploymentId, instanceId, action, round } = parked;
  const open = stepOfRound(steps, action, round);
  const isResend = open !== undefined && open.outcome === null;
  const attempt = isResend ? open.intent.attempt : steps.filter((step) => step.intent.action === action).length + 1;
  const release = await readRelease(ports, deployment.admitted.release.number);
  const command = await buildCommand(ports, { plan: deployment.plan, state, release }, parked, attempt);
  const intent = isResend
    ? open.intent
    : await writeIntent(ports, deploymentId, intentOf(ports, parked, attempt, command, release));
  const found = isResend ? await ports.commands.find(instanceId, intent.comment) : undefined;
  if (found !== undefined) {
    await writeSent(ports, deploymentId, intent, found);
    return;
  }
  // Whoever takes the lock over reads the intents after that: either they see ours, or we see that it is gone.
  const lock = requireLock(await readState(ports), { deploymentId, fence: parked.fence });
  if (isResend && (await isHeldBack(ports, deployment, lock, { ...parked, isSentAgain: true }))) {
    // The first send may have reached the host after all: only settling it tells.
    await writeOutcome(ports, deploymentId, intent, unreported(ports, 'unknown', null));
    return;
  }
  const sent = await ports.commands.send(command);
  if (sent.kind === 'sent') {
    await writeSent(ports, deploymentId, intent, sent.commandId);
    return;
  }
  const diagnosis = diagnose({
    sendRefused: sent.reason,
    whyRefused: sent.why,
    wasOnline: steps.some((step) => step.outcome?.report != null),
  });
  await writeOutcome(ports, deploymentId, intent, unreported(ports, isResend ? 'unknown' : 'refused', diagnosis));
}

/** The end of a command that is not on its way, as far as anybody knows. */
function unreported(ports: Ports, status: 'refused' | 'unknown', diagnosis: StepEnd['diagnosis']): StepEnd {
  const at = new Date(ports.clock.now()).toISOString();
  return { status, at, commandId: null, report: null, diagnosis, isRetryable: false };
}

function intentOf(
  ports: Ports,
  parked: ParkedCommand,
  attempt: number,
  command: HostCommand,
  release: StoredRelease,
): StepIntent {
  const { instanceId, action, round, fence } = parked;
  const now = ports.clock.now();
  const key = command.parameters['key'] ?? '';
  const answerSeconds = answerSecondsOf(action, release.manifest.configuration);
  const limitSeconds = command.deliverySeconds + answerSeconds + lostAfterSeconds;
  return {
    instanceId,
    action,
    attempt,
    round,
    key,
    fence,
    comment: command.comment,
    at: new Date(now).toISOString(),
    deadlineMilliseconds: now + limitSeconds * 1000,
  };
}

interface CommandFacts {
  readonly plan: DeploymentPlan;
  readonly state: TargetState;
  readonly release: StoredRelease;
}

async function buildCommand(
  ports: Ports,
  { plan, state, release }: CommandFacts,
  parked: ParkedCommand,
  attempt: number,
): Promise<HostCommand> {
  const { action, instanceId, deploymentId, fence } = parked;
  const { releaseId } = release.manifest;
  const common: Omit<CommonParameters, 'key'> = {
    service: ports.stage.service,
    deploymentId,
    fence,
    notAfter: Math.ceil(ports.clock.now() / 1000) + deliverySeconds + lateSeconds,
  };
  const facts = {
    instanceId,
    attempt,
    document: plan.documents[documentOfAction[action]],
  };
  switch (action) {
    case 'install': {
      const parameters = { ...common, ...(await installParameters(ports, state, release)) };
      return buildHostCommand({ ...facts, action, parameters });
    }
    case 'settle':
      return buildHostCommand({ ...facts, action, parameters: common });
    case 'activate':
    case 'verify':
      return buildHostCommand({ ...facts, action, parameters: { ...common, releaseId } });
    case 'revert':
    case 'verifyRevert':
      return buildHostCommand({ ...facts, action, parameters: { ...common, releaseId: 'previous' } });
  }
}

async function installParameters(ports: Ports, state: TargetState, release: StoredRelease) {
  const { manifest, manifestSha256 } = release;
  const packages = await readPackages(ports, manifest.artifact.requirementsSha256);
  return {
    releaseId: manifest.releaseId,
    region: ports.stage.region,
    stateBucket: ports.stage.stateBucket,
    manifestKey: keys.manifest(ports.stage.service, manifest.number),
    manifestSha256,
    packagesKey: packages?.key ?? '',
    packagesSha256: packages?.sha256 ?? '',
    keep: keptReleases(state).join(','),
  };
}

/** The stable release and the one before it stay on every host, whatever retention says. */
function keptReleases(state: TargetState): readonly string[] {
  return [...new Set(state.stableHistory.map((entry) => entry.releaseId).toReversed())].slice(0, 2);
}
