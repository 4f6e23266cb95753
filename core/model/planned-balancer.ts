/** The target group that a deployment takes its hosts out of and brings them back into, as found when it was planned. */
export interface PlannedBalancer {
  readonly groupArn: string;
  readonly groupName: string;
  /** What the hosts are registered with. */
  readonly port: number;
  readonly drainSeconds: number;
  readonly healthySeconds: number;
}

/** A target as ELB describes it. */
export interface TargetFacts {
  readonly instanceId: string;
  readonly port: number;
  readonly state: string;
  readonly reason: string | null;
  readonly description: string | null;
}
