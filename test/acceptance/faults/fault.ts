import type { Cause } from '../../../core/model/causes.ts';
import type { DeploymentEnd } from '../../../core/model/statuses.ts';
import type { Variant } from '../../../samples/variants.ts';
import type { PreparedStage } from '../prepared-stage.ts';

/** One thing that goes wrong: how it is brought about and undone, and all that must be true of the deployment that meets it. */
export interface Fault {
  /** Kebab-case; what `--only` takes. */
  readonly name: string;
  /** What is injected, plainly. */
  readonly injected: string;
  /** False where the machine itself fails as it would on AWS; true where a switch of the embedded engine plays it. */
  readonly isSimulated: boolean;
  /** Applied to `services/payment.yml` for an upload, beside the short gate of the catalogue. */
  readonly configure?: (yaml: string, rig: PreparedStage) => string;
  readonly deploy: FaultDeployment;
  readonly inject: (rig: PreparedStage) => Promise<void> | void;
  /** What happens while the deployment runs. */
  readonly meanwhile?: (rig: PreparedStage, deployment: { readonly executionArn: string }) => Promise<void>;
  /** Undoes it; the target is then well again by itself within seconds. */
  readonly mend: (rig: PreparedStage) => Promise<void> | void;
  readonly expected: Expected;
  /** Asked once the deployment has ended, before anything is mended: what else is not as it should be, a sentence each. */
  readonly also?: (rig: PreparedStage, ended: EndedFault) => Promise<readonly string[]>;
  /** Another fault that is answered with the same words, and why that misleads nobody. */
  readonly isAlike?: { readonly to: string; readonly why: string };
}

/** The deployment that meets the fault. */
export type FaultDeployment =
  /** A build is uploaded and rolls out: over the whole target, or to the first host alone where the others would only repeat it. */
  | { readonly kind: 'upload'; readonly variant: Variant; readonly version?: string; readonly to: 'all' | 'first' }
  /** The good release that the first host does not run is brought to it alone. */
  | { readonly kind: 'good-release' };

export interface Expected {
  readonly end: DeploymentEnd;
  /** The first line that a person reads: the reason of the end, whole. */
  readonly firstLine: (words: { readonly meaning: string; readonly release: string }) => string;
  /** Null where the fault does no harm: then no host has a diagnosis. */
  readonly diagnosis: {
    readonly cause: Cause;
    readonly meaning: RegExp;
    readonly remedy: RegExp;
    /** Positions of the hosts that have it; all others have none. */
    readonly hosts: readonly number[];
  } | null;
  /** Positions of the hosts whose service was stopped or started; of all others the main process is the same. */
  readonly touched: readonly number[];
  /** Positions of the hosts that do not serve when the deployment has ended; all others answer 200. */
  readonly silent?: readonly number[];
  /** Only where the upload is good after all. */
  readonly movesStable?: true;
}

export interface EndedFault {
  readonly deploymentId: string;
  readonly startedAt: number;
  readonly endedAt: number;
}
