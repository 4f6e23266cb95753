import type { Clock } from '../../clients/ports.ts';
import type { HostInspection } from '../../core/model/host-inspection.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import type { DocumentKind, HostAction } from '../../core/model/statuses.ts';
import type { ArtifactView } from './inspect-artifact.ts';
import type { ReadObject } from './script-run.ts';
import { isHostFailure, type SimulatedFaultQueue } from './simulated-faults.ts';
import { inspectSimulated } from './simulated-inspection.ts';
import { runScript } from './simulated-scripts.ts';
import { freshState, type SimulatedState } from './simulated-state.ts';

export interface SimulatedHostOptions {
  readonly instanceId: string;
  readonly clock: Clock;
  readonly readObject: ReadObject;
  readonly state?: SimulatedState;
  readonly faults?: SimulatedFaultQueue;
  /** How long each document seems to take; at once where nothing is said. */
  readonly paceMilliseconds?: Readonly<Partial<Record<DocumentKind, number>>>;
  /** Another view of artifacts than that of `inspectArtifact`. */
  readonly inspect?: (zip: Uint8Array, requirementsFile: string) => Promise<ArtifactView>;
  /** Told of every new state, before the report is given: it may be written down. */
  readonly onChange?: (state: SimulatedState) => void;
}

/** How a command ended: with a report, or in one of the ways in which none comes. */
type SimulatedRun =
  | { readonly kind: 'reported'; readonly report: HostReport }
  | { readonly kind: 'lost' }
  | { readonly kind: 'timed-out' }
  /** Killed before it had any effect. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'no-report' };

/** A stand-in for a host that runs no shell and no service, and answers commands as the scripts do. */
export interface SimulatedHost {
  readonly instanceId: string;
  state(): SimulatedState;
  /** Sets the scene: what runs, whether it is active. */
  given(change: Partial<SimulatedState>): void;
  isRunning(): boolean;
  powerOn(): void;
  powerOff(): void;
  /** As it is at this moment, beside whatever runs. */
  inspect(service: string): HostInspection;
  /** One command; commands of one host run one after another, as under the scripts' lock. Aborting kills its script. */
  run(kind: DocumentKind, parameters: Readonly<Record<string, string>>, cancel?: AbortSignal): Promise<SimulatedRun>;
}

export function createSimulatedHost(options: SimulatedHostOptions): SimulatedHost {
  const { instanceId, clock, faults } = options;
  let state = options.state ?? freshState();
  let turn: Promise<unknown> = Promise.resolve();

  function change(next: SimulatedState): void {
    if (next === state) return;
    state = next;
    options.onChange?.(state);
  }

  async function run(
    kind: DocumentKind,
    parameters: Readonly<Record<string, string>>,
    cancel: AbortSignal | undefined,
  ): Promise<SimulatedRun> {
    if (!state.isPoweredOn) return { kind: 'lost' };
    const fault = faults?.take(instanceId, actionOf(kind, parameters));
    if (fault === 'offline') change({ ...state, isPoweredOn: false });
    if (fault === 'offline' || fault === 'lost-command') return { kind: 'lost' };
    if (fault === 'timed-out') return { kind: 'timed-out' };
    const pace = options.paceMilliseconds?.[kind] ?? 0;
    if (pace > 0) await Promise.race([clock.wait(pace), aborted(cancel)]);
    if (cancel?.aborted) return { kind: 'cancelled' };
    if (!state.isPoweredOn) return { kind: 'lost' };
    const result = await runScript(state, {
      kind,
      parameters,
      now: () => clock.now(),
      readObject: options.readObject,
      ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
      fault: fault !== undefined && isHostFailure(fault) ? fault : undefined,
    });
    change({ ...result.state, isPoweredOn: fault === 'offline-after' ? false : state.isPoweredOn });
    if (!state.isPoweredOn || fault === 'lost-result') return { kind: 'lost' };
    return fault === 'no-report' ? { kind: 'no-report' } : { kind: 'reported', report: result.report };
  }

  return {
    instanceId,
    state: () => state,
    given: (update) => change({ ...state, ...update }),
    isRunning: () => state.isPoweredOn,
    powerOn() {
      if (state.isPoweredOn) return;
      // An enabled service starts with the host.
      const isStarted = state.running !== 'none';
      change({
        ...state,
        isPoweredOn: true,
        isActive: isStarted,
        mainPid: isStarted ? state.nextPid : 0,
        nextPid: state.nextPid + 1,
        startedAt: clock.now(),
      });
    },
    powerOff() {
      change({ ...state, isPoweredOn: false });
    },
    inspect: (service) => inspectSimulated(state, service, clock.now()),
    run(kind, parameters, cancel) {
      const next = turn.then(() => run(kind, parameters, cancel));
      turn = next.catch(() => undefined);
      return next;
    },
  };
}

function aborted(cancel: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (cancel?.aborted) resolve();
    cancel?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What Rollgate means by a command: `activate` and `verify` of `previous` are a revert. */
function actionOf(kind: DocumentKind, parameters: Readonly<Record<string, string>>): HostAction {
  if (parameters['releaseId'] !== 'previous') return kind;
  return kind === 'activate' ? 'revert' : 'verifyRevert';
}
