import type { InspectedStage } from '../core/doctor/facts.ts';

/** Looks at what a stage on AWS consists of; changes nothing. What this caller may not see is a fact, no error. */
export interface StageInspection {
  inspect(wanted: {
    readonly instanceIds: readonly string[];
    /** Names of the parameters that the service's secrets are in. */
    readonly parameters: readonly string[];
  }): Promise<InspectedStage>;
}
