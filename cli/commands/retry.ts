import type { Ports } from '../../clients/ports.ts';
import { hostsToRetry } from '../../core/admission/hosts-to-retry.ts';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { judgeRetry } from '../../core/operator/validate-host-request.ts';
import { rolloutOfRecord } from '../../core/views/rollout-of-record.ts';
import { CliError } from '../cli-error.ts';
import { confirm, instantsOf, speak } from '../speak.ts';
import { findSpokenTo } from '../spoken-to.ts';
import { type StartOptions, startAgain } from '../start-again.ts';
import { hostAndDeployment } from '../words-typed.ts';
import type { World } from '../world.ts';

/**
 * `rollgate retry`: of a running deployment, the hosts that failed are tried or asked once more, and a pause stays a pause;
 * of an ended one, a new deployment of its release goes to the hosts that failed. Throws CliError where none has.
 */
export async function retry(
  world: World,
  typed: readonly (string | undefined)[],
  options: StartOptions,
): Promise<number> {
  const { host, deploymentId } = hostAndDeployment('retry', typed);
  const ports = await world.connect(options);
  const record = await findSpokenTo(ports, deploymentId);
  if (record === undefined) {
    throw new CliError('no deployment is running; name the one to retry', 'rollgate history', 2);
  }
  return record.outcome === null
    ? retryRunning(world, ports, record, host, options)
    : retryEnded(world, ports, record, host, options);
}

async function retryRunning(
  world: World,
  ports: Ports,
  record: DeploymentRecord,
  host: string | undefined,
  options: StartOptions,
): Promise<number> {
  const { deploymentId } = record;
  const rollout = rolloutOfRecord(record);
  if (rollout === null) {
    throw new CliError(`${deploymentId} has no plan yet, so no host of it has failed`, 'rollgate status', 2);
  }
  const verdict = judgeRetry(rollout, host);
  if (verdict.kind === 'refused') {
    throw new CliError(verdict.why, verdict.next, 2);
  }
  const hosts = verdict.hosts.map((each) => each.instanceId);
  const control = await speak(world, ports, options, {
    verb: 'retry',
    about: deploymentId,
    hosts,
    answers: instantsOf(record),
  });
  const answer = `tries ${verdict.hosts.map((each) => each.name).join(', ')} once more`;
  confirm(world, ports, options, { verb: 'retry', deploymentId, control, answer });
  return 0;
}

async function retryEnded(
  world: World,
  ports: Ports,
  { deploymentId, admitted, outcome }: DeploymentRecord,
  host: string | undefined,
  options: StartOptions,
): Promise<number> {
  if (host !== undefined && admitted !== null) {
    const found = outcome?.hosts.find((each) => each.instanceId === host || each.name === host);
    throw new CliError(
      `${deploymentId} has ended (${outcome?.status}); one host is deployed by its release`,
      `rollgate deploy --release ${releaseName(admitted.release.number)} --hosts ${found?.instanceId ?? 'i-…'}`,
      2,
    );
  }
  if (outcome !== null && hostsToRetry(outcome).length === 0) {
    throw new CliError(
      `no host of ${deploymentId} has failed: ${outcome.status}`,
      outcome.status === 'Succeeded' ? 'rollgate rerun' : `rollgate resume ${deploymentId}`,
      2,
    );
  }
  return startAgain(world, ports, 'retry', deploymentId, options);
}
