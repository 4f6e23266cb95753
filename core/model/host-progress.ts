import type { PlannedHost, ReportedCheck } from './deployment-records.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { StepAction } from './statuses.ts';

/**
 * Where one host stands in a deployment, read from its steps and nothing else: the same steps always give the same
 * progress, whichever execution reads them.
 */
export interface HostProgress {
  readonly host: PlannedHost;
  readonly stage: 'waiting' | 'staged' | 'failed' | 'unknown';
  /**
   * `untouched`: no activate intent. `activating`: on its way, not yet through its gate. `passed`: runs the release and
   * passed its last gate. `failed`: activated or meant to be, and did not pass. `reverted`: back on its previous release
   * and passed. `revertFailed`: neither.
   */
  readonly run: 'untouched' | 'activating' | 'passed' | 'failed' | 'reverted' | 'revertFailed';
  /** Nothing sent earlier can still change the host. */
  readonly isSettled: boolean;
  /** It has answered that it runs the release; whether it is healthy is another question. */
  readonly hasSwitched: boolean;
  /** SSM or the host refused to activate: it runs what it ran before, and will in this deployment. */
  readonly isRefused: boolean;
  /** Nobody has heard of it since: its last command was refused by SSM, or nobody knows what became of it. */
  readonly isLost: boolean;
  /** In how many rounds this execution has tried to revert or settle the host. */
  readonly revertAttempts: number;
  readonly settleAttempts: number;
  /** Where it stands towards the load balancer. */
  readonly balancer: BalancerProgress;
  /** The host was not serving when it was staged; where staging gave no report, when an earlier deployment last saw it. */
  readonly wasDown: boolean;
  /** What the report of its newest command says of the service; null where that command gave none. */
  readonly lastAnswer: 'serves' | 'doesNotServe' | null;
  /** What ran before this deployment, as the host reported it: `v41-…`, `v0`, `none`; null where it was not seen. */
  readonly before: string | null;
  /** What runs now, as last reported, and when. */
  readonly running: string | null;
  readonly observedAt: string | null;
  /** It has passed a gate since it was activated, and no later gate was answered: the last look found it serving. */
  readonly hasPassedLast: boolean;
  /** Decision after which the host last passed its gate. */
  readonly passedInRound: number | null;
  /** The newest of its steps that brought the rollout forward; null where there is none. */
  readonly advance: Advance | null;
  /** Checks of its newest gate that failed and do not decide. */
  readonly reported: readonly ReportedCheck[];
  /** SHA-256 of the packages that were resolved at staging. */
  readonly packagesSha256: string | null;
  /** The platform has lost sight of the host: what brings it back into the rollout. */
  readonly recovery: Recovery | null;
  readonly diagnosis: Diagnosis | null;
  /** The error that its last step ended in for the machine, where nothing good has come since. */
  readonly caught: CaughtError | null;
  /** Steps that were asked for often enough without a beginning: they are not asked for again. */
  readonly givenUp: readonly StepAction[];
  /** The newest round that has left a step of it; -1 where none has. */
  readonly lastStepRound: number;
  /** An operator has said skip: it is left out, or goes back, and counts against no budget. */
  readonly isSkipped: boolean;
  /** An operator has said retry, and it was not tried again since. */
  readonly isToRetry: boolean;
}

/** A host was staged, or passed its gate. */
export interface Advance {
  readonly kind: 'staged' | 'passed';
  readonly at: string;
}

/**
 * Where a host stands towards the load balancer in this deployment. `asItWas`: never asked. `leaving`, `joining`: asked,
 * no answer yet. `out`: its connections are gone, or were given up. `notDrained`: never taken out. `in`: ELB called it
 * healthy. `unhealthy`: ELB did not, and it was taken out again.
 */
export interface BalancerProgress {
  readonly standing: 'asItWas' | 'leaving' | 'out' | 'notDrained' | 'joining' | 'in' | 'unhealthy';
  /** It was registered when this deployment first looked; false where it never did. */
  readonly wasRegistered: boolean;
  /** Rounds that have tried to bring it where it is going, since it was last somewhere or was switched. */
  readonly attempts: number;
  /** Times that nobody can tell whether it left. */
  readonly lostDrains: number;
}

/**
 * What brings a host back into a rollout of which the platform has lost sight; nothing says that the release is at fault,
 * so nothing is reverted for it. `settle`: nobody knows what its last command did; a higher fence ends it for good, and
 * the host says what it runs. `verify`: it runs the release, and its gate has to be asked again. `activate`: it runs what
 * it ran before, and is activated once more.
 */
export type Recovery = 'settle' | 'verify' | 'activate';

/** The newest error at which the machine gave up a step of a host, where nothing good has come after it. */
export interface CaughtError {
  readonly action: StepAction;
  readonly name: string;
  readonly cause: string;
  readonly round: number;
  readonly at: string;
  /** The step had its intent. */
  readonly isBegun: boolean;
  readonly diagnosis: Diagnosis;
}
