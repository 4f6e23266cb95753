import type { AdmittedDeployment, DeploymentOutcome, DeploymentPlan, Step, StepError } from './deployment-records.ts';
import type { OperatorRequest } from './operator-requests.ts';
import type { RecordedDecision } from './rollout-facts.ts';
import type { StageFacts } from './stage-facts.ts';
import type { Lock, SupersededUpload } from './target-state.ts';

/** All that the ledger holds of one deployment, read at one time. */
export interface DeploymentRecord {
  readonly stage: StageFacts;
  readonly deploymentId: string;
  /** Null where it was refused before it was admitted. */
  readonly admitted: AdmittedDeployment | null;
  readonly plan: DeploymentPlan | null;
  readonly steps: readonly Step[];
  /** Errors at which the machine gave up steps of hosts. */
  readonly errors: readonly StepError[];
  readonly decisions: readonly RecordedDecision[];
  /** Everything that operators have said to it, oldest first. */
  readonly words: readonly OperatorRequest[];
  readonly outcome: DeploymentOutcome | null;
  /** Who holds the target's lock: this deployment, another one or nobody. */
  readonly lock: (Pick<Lock, 'deploymentId' | 'purpose'> & Partial<Pick<Lock, 'repairs'>>) | null;
  readonly isQueued: boolean;
  /** Uploads whose place this rollback took. */
  readonly supersedes: readonly SupersededUpload[];
  readonly nowMilliseconds: number;
}
