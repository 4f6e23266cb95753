import { createHash } from 'node:crypto';
import type { Evidence, HostCheck, HostFailure, HostReport } from '../../core/model/host-report.ts';
import type { DocumentKind } from '../../core/model/statuses.ts';
import type { ArtifactView } from './inspect-artifact.ts';
import { wellBehaved } from './service-behaviour.ts';
import type { SimulatedState } from './simulated-state.ts';

/** An object of the state bucket, as hosts read it. */
export type ReadObject = (key: string) => Promise<Uint8Array | undefined>;

export interface ScriptRun {
  readonly kind: DocumentKind;
  /** Those of `core/model/host-commands.ts`, as text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly readObject: ReadObject;
  readonly inspect?: (zip: Uint8Array, requirementsFile: string) => Promise<ArtifactView>;
  /** The script fails with this word. */
  readonly fault: HostFailure | undefined;
}

/** What a script comes to; the report is made of it. */
export interface Ending {
  readonly state: SimulatedState;
  readonly outcome: HostReport['outcome'];
  readonly message: string;
  readonly failure?: HostFailure;
  readonly isHealthy?: boolean | null;
  readonly isUntouched?: boolean;
  readonly installed?: NonNullable<HostReport['installed']>;
  readonly checks?: readonly HostCheck[];
  readonly evidence?: Evidence;
  readonly warnings?: readonly string[];
}

/** Ends a script: nothing of what it did so far stays but the fence. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  readonly failure: HostFailure;
  readonly evidence: Evidence;

  constructor(failure: HostFailure, message: string, evidence: Evidence = {}) {
    super(message);
    this.failure = failure;
    this.evidence = evidence;
  }
}

export function failed(state: SimulatedState, failure: HostFailure, message: string, evidence: Evidence = {}): Ending {
  return { state, outcome: 'failed', failure, message, evidence };
}

export function simulatedSentence(failure: HostFailure): string {
  return `simulated: ${failure}`;
}

export function evidenceOf(failure: HostFailure): Evidence {
  switch (failure) {
    case 'pip-failed':
      return {
        exitCode: 1,
        pip: ['ERROR: Failed building wheel for uWSGI', 'fatal error: Python.h: No such file or directory'],
      };
    case 'start-failed':
      return { systemd: { ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '1', NRestarts: '0' } };
    case 'http-failed':
      return { http: { status: 500, body: 'internal error' } };
    case 'internal':
      return { scriptLine: 'simulated:1' };
    default:
      return {};
  }
}

/** Null where nothing of ours runs, or HTTP only reports; what `v0` answers is not ours to judge. */
export function isHealthy(state: SimulatedState, now: number): boolean | null {
  if (state.running === 'none') return null;
  if (!state.isActive) return false;
  const release = state.releases[state.running];
  if (release?.reportOnly.includes('http')) return null;
  const behaviour = release?.behaviour ?? wellBehaved;
  switch (behaviour.kind) {
    case 'well':
    case 'pip-failed':
    case 'worker-dies':
      return true;
    case 'dies':
      return now - state.startedAt < behaviour.afterSeconds * 1_000;
    case 'app-load-failed':
    case 'exits-at-start':
    case 'unhealthy':
      return false;
  }
}

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
