import type { Convergence } from '../model/convergence.ts';

/** Hosts that should get the stable release and have not got it yet. */
export interface ConvergenceView {
  readonly waiting: readonly {
    readonly instanceId: string;
    readonly name: string;
    readonly since: string;
    readonly standing: 'under-way' | 'offline' | 'queued';
  }[];
  readonly givenUp: readonly {
    readonly instanceId: string;
    readonly name: string;
    readonly why: string;
    /** What to type or to do. */
    readonly next: string;
  }[];
  /** Why no host is converged by itself any more, and what to type. */
  readonly stopped: { readonly since: string; readonly why: string; readonly next: string } | null;
}

export function convergenceView({ waiting, givenUp, underWay, breaker }: Convergence): ConvergenceView {
  return {
    waiting: Object.entries(waiting).map(([instanceId, { name, since, offlineSince }]) => {
      const isUnderWay = underWay?.hosts.includes(instanceId) ?? false;
      const standing = isUnderWay ? 'under-way' : offlineSince === null ? 'queued' : 'offline';
      return { instanceId, name, since, standing };
    }),
    givenUp: Object.entries(givenUp).map(([instanceId, { name, why, next }]) => ({ instanceId, name, why, next })),
    stopped: breaker === null ? null : { since: breaker.openedAt, why: breaker.why, next: breaker.next },
  };
}
