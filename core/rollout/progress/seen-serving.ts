import type { HostProgress } from '../../model/host-progress.ts';
import { isOutside } from './balancer-standing.ts';

/**
 * Whether the service answers on a host, as the last look at the host says; undefined where this deployment has not
 * looked, so that an earlier look stands. A command without a report may have done anything: a host that was to be
 * switched does not serve until somebody has seen that it does.
 *
 * | run          | newest report | ran before | answer  |
 * |--------------|---------------|------------|---------|
 * | passed       | none          | v1         | yes     |
 * | reverted     | none          | v1         | yes     |
 * | reverted     | doesNotServe  | none       | unknown |
 * | failed       | serves        | v1         | yes     |
 * | failed       | doesNotServe  | v1         | no      |
 * | failed       | none          | v1         | no      |
 * | failed       | doesNotServe  | none       | unknown |
 * | revertFailed | serves        | v1         | yes     |
 * | revertFailed | none          | v1         | no      |
 * | revertFailed | none          | none       | unknown |
 * | untouched    | serves        | v1         | yes     |
 * | untouched    | doesNotServe  | v1         | no      |
 * | untouched    | none          | v1         | unknown |
 * | untouched    | doesNotServe  | none       | unknown |
 *
 * A host that its load balancer sends nothing does not serve either. Where nothing ran before, nobody has taken anything
 * down, so a host that does not serve there says nothing.
 */
export function isSeenServing(host: HostProgress): boolean | undefined {
  const isNew = host.before === 'none';
  switch (host.run) {
    case 'passed':
      return !isOutside(host);
    case 'reverted':
      return isNew ? undefined : !isOutside(host);
    case 'activating':
    case 'failed':
    case 'revertFailed': {
      const serves = host.lastAnswer === 'serves' && !isOutside(host);
      return isNew && !serves ? undefined : serves;
    }
    case 'untouched':
      if (isOutside(host)) {
        return false;
      }
      return host.lastAnswer === null || isNew ? undefined : host.lastAnswer === 'serves';
  }
}
