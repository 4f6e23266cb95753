import { judgeSkip } from '../../core/operator/validate-host-request.ts';
import { rolloutOfRecord } from '../../core/views/rollout-of-record.ts';
import { CliError } from '../cli-error.ts';
import { confirm, instantsOf, type SpeakOptions, speak } from '../speak.ts';
import { requireSpokenTo } from '../spoken-to.ts';
import { hostAndDeployment } from '../words-typed.ts';
import type { World } from '../world.ts';

/**
 * `rollgate skip`: the host is left out of the running deployment from now on; one that is being tried goes back. Throws
 * CliError where it is no host of it, has passed, or is the last one.
 */
export async function skip(
  world: World,
  typed: readonly (string | undefined)[],
  options: SpeakOptions,
): Promise<number> {
  const { host, deploymentId: id } = hostAndDeployment('skip', typed);
  if (host === undefined) {
    throw new CliError('skip: name the host, by its name or its instance id', 'rollgate skip HOST', 2);
  }
  const ports = await world.connect(options);
  const record = await requireSpokenTo(ports, 'skip', id);
  const { deploymentId } = record;
  const rollout = rolloutOfRecord(record);
  if (rollout === null) {
    throw new CliError(`${deploymentId} has no plan yet, so there is no host to skip`, 'rollgate status', 2);
  }
  const verdict = judgeSkip(rollout, host);
  if (verdict.kind === 'refused') {
    throw new CliError(verdict.why, verdict.next, 2);
  }
  const hosts = verdict.hosts.map((each) => each.instanceId);
  const control = await speak(world, ports, options, {
    verb: 'skip',
    about: deploymentId,
    hosts,
    answers: instantsOf(record),
  });
  const answer = `leaves ${verdict.hosts.map((each) => each.name).join(', ')} out from now on`;
  confirm(world, ports, options, { verb: 'skip', deploymentId, control, answer });
  return 0;
}
