import type { Ports } from '../../clients/ports.ts';
import { decideConvergence, type FoundHost } from '../../core/converge/decide-convergence.ts';
import { type EndFacts, withEnd } from '../../core/converge/record-end.ts';
import type { Convergence } from '../../core/model/convergence.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { targetTags } from '../../core/model/service-config.ts';
import { stableRelease } from '../../core/model/target-state.ts';
import { readServiceConfig } from '../../ledger/config/service-config.ts';
import { changeConvergence, readConvergence } from '../../ledger/converge/convergence.ts';
import { deploymentIdOf } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readAdmitted, readOutcome } from '../../ledger/rollout/deployments.ts';

/** What a look found: undefined where no release is stable yet, so that there is nothing to converge to. */
export interface Look {
  readonly convergence: Convergence;
  readonly found: readonly FoundHost[];
}

/**
 * Looks which hosts of the target should get the stable release, and starts one deployment for those that are ready. The
 * start is in the ledger before it is made, so that whoever looks next finds it and makes it where nobody came to it.
 */
export async function convergeHosts(ports: Ports, appeared: string | null): Promise<Look | undefined> {
  const state = await readState(ports);
  const stable = stableRelease(state);
  if (stable === undefined) {
    return undefined;
  }
  const before = await readConvergence(ports);
  const end = await endOfRun(ports, before, releaseName(stable.release));
  const found = await ports.inventory.hosts(targetTags(await readServiceConfig(ports), ports.stage.name));
  const convergence = await changeConvergence(ports, (current) =>
    decideConvergence({
      convergence: end !== null && current.underWay?.name === before.underWay?.name ? withEnd(current, end) : current,
      stable,
      isLocked: state.lock !== null,
      isFrozen: state.freeze !== null,
      found,
      appeared,
      nowMilliseconds: ports.clock.now(),
    }),
  );
  await startRun(ports, convergence);
  return { convergence, found };
}

/**
 * The end of the execution that is under way, where Finish did not come to tell it: it died before it was admitted, or
 * nothing could be recorded. One that was admitted is repaired first, and its repair tells.
 */
async function endOfRun(ports: Ports, { underWay }: Convergence, release: string): Promise<EndFacts | null> {
  if (underWay === null) {
    return null;
  }
  const executionArn = ports.executions.arnOf(underWay.name);
  const info = await ports.executions.describe(executionArn);
  if (info === undefined || info.status === 'RUNNING') {
    return null;
  }
  const deploymentId = deploymentIdOf(executionArn, info.startedAt);
  const outcome = await readOutcome(ports, deploymentId);
  if (outcome !== undefined) {
    return { outcome, isOfRun: true, release };
  }
  if ((await readAdmitted(ports, deploymentId)) !== undefined) {
    return null;
  }
  const text = `its execution ended (${info.status}) before it was admitted`;
  const endedAt = new Date(ports.clock.now()).toISOString();
  const nothing = { status: 'FailedClean', errorName: 'GateFailedError', isDryRun: false, hosts: [] } as const;
  const reason = { code: 'execution-ended', text } as const;
  return { outcome: { deploymentId, endedAt, reason, ...nothing }, isOfRun: true, release };
}

async function startRun(ports: Ports, { underWay }: Convergence): Promise<void> {
  if (underWay === null || (await ports.executions.describe(ports.executions.arnOf(underWay.name))) !== undefined) {
    return;
  }
  const reason = 'new or back, and not on the stable release';
  await ports.executions.start(underWay.name, { converge: underWay.hosts, reason, by: 'rollgate' });
}
