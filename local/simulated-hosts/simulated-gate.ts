import type { HostCheck } from '../../core/model/host-report.ts';
import { type Ending, evidenceOf, failed, type ScriptRun } from './script-run.ts';
import { type FailedCheck, type Symptoms, symptomsOf } from './service-behaviour.ts';
import { checksOf, upstreamCheck } from './simulated-checks.ts';
import type { SimulatedState } from './simulated-state.ts';

/** Every check runs and reports; a release that passes is what a failed deployment goes back to from now on. */
export function verify(state: SimulatedState, run: ScriptRun): Ending {
  const { releaseId = '', deploymentId = '' } = run.parameters;
  const wanted =
    releaseId === 'previous'
      ? (state.previous[deploymentId] ?? { running: state.running, isActive: state.isActive })
      : { running: releaseId, isActive: true };
  const isRelease = wanted.running !== 'none' && wanted.running !== 'v0';
  if (isRelease && state.releases[wanted.running] === undefined) {
    return failed(state, 'release-missing', `${wanted.running} is not on this host`);
  }
  const symptoms = state.running === wanted.running ? currentSymptoms(state, run.now()) : undefined;
  const failing = symptoms?.failing ?? notAsWanted(state, wanted);
  const reportOnly = state.releases[state.running]?.reportOnly ?? [];
  const checks = checksOf(wellChecks(state, wanted.isActive), reportOnly, run.fault, failing);
  const worst = worstOf(checks);
  if (worst !== undefined) {
    const isActive = symptoms?.isActive ?? state.isActive;
    const seen = { ...state, isActive, mainPid: isActive ? state.mainPid : 0 };
    const evidence = run.fault === undefined ? (symptoms?.evidence ?? {}) : evidenceOf(run.fault);
    const isHealthy = isWell(checks);
    return { ...failed(seen, worst.failure ?? 'internal', worst.detail, evidence), checks, isHealthy };
  }
  const passed = { running: state.running, isActive: state.isActive };
  return {
    state: isRelease ? { ...state, good: passed } : state,
    outcome: 'done',
    message: `${wanted.running} is well on this host`,
    checks,
    isHealthy: state.isActive ? isWell(checks) : null,
  };
}

function isWell(checks: readonly HostCheck[]): boolean {
  return checks.some((check) => check.name === 'http' && check.isOk);
}

/** What shows of the running release by now, the time that the gate waits included. */
function currentSymptoms(state: SimulatedState, now: number): Symptoms | undefined {
  const release = state.releases[state.running];
  if (release === undefined) return undefined;
  const seconds = Math.max(release.stableSeconds, (now - state.startedAt) / 1_000);
  return symptomsOf(release.behaviour, release.healthUrl, seconds);
}

function notAsWanted(
  state: SimulatedState,
  wanted: { readonly running: string; readonly isActive: boolean },
): Readonly<Record<string, FailedCheck>> {
  if (state.running !== wanted.running) {
    const detail = `the unit on this host is that of ${state.running}, not of ${wanted.running}`;
    return { active: { failure: 'not-active', detail } };
  }
  if (state.isActive === wanted.isActive) return {};
  const detail = `${wanted.running} is ${state.isActive ? 'active' : 'inactive'}, and was not before`;
  return { active: { failure: 'not-active', detail } };
}

function wellChecks(state: SimulatedState, isToBeActive: boolean): readonly HostCheck[] {
  const release = state.releases[state.running];
  const detail = 'as it should be (simulated)';
  const names = isToBeActive ? ['active', 'stable', 'http', 'journal', 'workers'] : ['active'];
  const upstreams = isToBeActive ? (release?.upstreams ?? []).map(upstreamCheck) : [];
  return [...names.map((name) => ({ name, isOk: true, detail })), ...upstreams];
}

/** The unit and the workers come before what follows from them, the journal comes last. */
function worstOf(checks: readonly HostCheck[]): HostCheck | undefined {
  const order = ['active', 'stable', 'workers', 'upstream', 'amqp', 'http', 'journal'];
  const rank = (check: HostCheck): number => order.indexOf(check.name.split(':')[0] ?? '');
  const deciding = checks.filter((check) => !check.isOk && check.isReportOnly !== true);
  return deciding.sort((one, other) => rank(one) - rank(other))[0];
}
