import { differingWithin, lastDiffering } from '../lock/differing-hosts.ts';
import { type Check, checksAbout } from './check.ts';
import type { DoctorFacts } from './facts.ts';

/** What stands in the way of the next deployment. */
export function checkTarget({ state, hosts, holderStatus, stage }: DoctorFacts): readonly Check[] {
  const { good, warning } = checksAbout('target');
  const { lock, freeze, queue } = state;
  const differing = hosts.filter(({ instanceId }) => instanceId in state.differing).map(({ name }) => name);
  const last = lastDiffering(
    differingWithin(
      state.differing,
      hosts.map(({ instanceId }) => instanceId),
    ),
  );
  const waiting = queue.length === 0 ? '' : `; ${queue.length} more wait${queue.length === 1 ? 's' : ''}`;
  const isDead = holderStatus !== null && holderStatus !== 'RUNNING';
  return [
    ...(freeze === null
      ? []
      : [
          warning(
            `frozen by ${freeze.by} since ${freeze.at}: ${freeze.reason}`,
            `# ask ${freeze.by}, then:`,
            'rollgate unfreeze',
          ),
        ]),
    ...(last === undefined
      ? []
      : [
          warning(
            `${differing.join(', ')} ${differing.length === 1 ? 'does' : 'do'} not run the stable release: ${last.by} left that so`,
            `rollgate status ${last.by}`,
            '# a deployment that succeeds on the whole target puts it right: rollgate rerun, or rollgate rollback',
          ),
        ]),
    lock === null
      ? good(`free: nothing is being deployed${waiting}`)
      : isDead
        ? warning(
            `${lock.deploymentId} holds the lock, but its execution is ${holderStatus}: it is repaired within five minutes${waiting}`,
            '# to have it repaired now:',
            'rollgate unlock',
            ...(stage.kind === 'aws'
              ? [
                  '# if it stays so, see why the sweep fails:',
                  `aws logs tail /aws/lambda/rollgate-${stage.service}-${stage.name}-SweepLocks --since 15m --region ${stage.region}`,
                ]
              : ['rollgate status --watch']),
          )
        : good(`${lock.deploymentId} is being deployed, by ${lock.by}${waiting}`),
  ];
}
