import type { ParameterValues } from './check-parameters.ts';
import type { SsmDocument } from './ssm-document.ts';

/** The SSM agent on one host, as Run Command sees it. */
export interface HostAgent {
  readonly instanceId: string;
  /** The agent answers: its ping status is Online. */
  isOnline(): boolean;
  /**
   * Runs a document. Aborting is CancelCommand; a result comes all the same. Resolves `lost` where the agent went away
   * under the command, as it does when the host goes down: then nobody ever reports.
   */
  run(job: AgentJob, cancel: AbortSignal): Promise<AgentResult>;
}

export interface AgentJob {
  readonly commandId: string;
  readonly instanceId: string;
  readonly document: SsmDocument;
  /** Defaults put in. */
  readonly parameters: ParameterValues;
}

export type AgentResult = { readonly kind: 'lost' } | ({ readonly kind: 'finished' } & DocumentResult);

interface DocumentResult extends StepOutcome {
  readonly steps: readonly StepResult[];
}

export interface StepOutcome {
  readonly status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  readonly responseCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StepResult extends StepOutcome {
  readonly name: string;
  /** Left out after a step that ended the document; counts as success. */
  readonly isSkipped: boolean;
}

/** How many commands an agent runs at a time (its `CommandWorkersLimit`). */
export const commandWorkers = 5;
/** The agent keeps the first so many characters, the note of the cut included. */
export const outputLimits = { stdout: 24_000, stderr: 8_000 } as const;
const cutNote = '--output truncated--';

/** The first `limit` characters, ending in the agent's note where something was cut off. */
export function truncateOutput(text: string, limit: number): string {
  return text.length <= limit ? text : text.slice(0, limit - cutNote.length) + cutNote;
}
