import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import {
  type Ending,
  evidenceOf,
  failed,
  isHealthy,
  ScriptFailure,
  type ScriptRun,
  simulatedSentence,
} from './script-run.ts';
import { verify } from './simulated-gate.ts';
import { install } from './simulated-install.ts';
import type { SimulatedState } from './simulated-state.ts';

export interface ScriptResult {
  readonly state: SimulatedState;
  readonly report: HostReport;
}

/** As many as the scripts keep. */
const keptReceipts = 200;
const keptDeployments = 4;

/**
 * Does what the host's script does, on a state instead of a machine: receipts by key first, then fence and lateness,
 * then the work. The state that went in is not changed.
 */
export async function runScript(state: SimulatedState, run: ScriptRun): Promise<ScriptResult> {
  const key = run.parameters['key'] ?? '';
  const receipt = state.receipts[key];
  if (receipt !== undefined) return { state, report: { ...receipt, replayed: true } };
  const startedAt = run.now();
  const ending = await end(state, run, startedAt);
  const report = reportOf(ending, run, startedAt);
  // A refusal did nothing and is decided anew each time; so is the failure of the script itself.
  const isKept = ending.outcome !== 'refused' && ending.failure !== 'internal';
  const receipts = isKept ? newest({ ...ending.state.receipts, [key]: report }, keptReceipts) : ending.state.receipts;
  const previous = newest(ending.state.previous, keptDeployments);
  return { state: { ...ending.state, receipts, previous }, report };
}

/** The entries that came last; objects keep the order in which names came. */
function newest<Value>(entries: Readonly<Record<string, Value>>, count: number): Record<string, Value> {
  return Object.fromEntries(Object.entries(entries).slice(-count));
}

async function end(state: SimulatedState, run: ScriptRun, startedAt: number): Promise<Ending> {
  const fence = Number(run.parameters['fence']);
  const late = Math.floor(startedAt / 1_000) - Number(run.parameters['notAfter']);
  if (fence < state.fence || run.fault === 'fence-refused') {
    const message = `fence ${fence} is older than ${state.fence}, which this host has acknowledged`;
    return { state, outcome: 'refused', failure: 'fence-refused', message };
  }
  if (late > 0 || run.fault === 'late-refused') {
    return {
      state,
      outcome: 'refused',
      failure: 'late-refused',
      message: `the command is ${late} s late, so nothing was done`,
    };
  }
  const fenced = { ...state, fence };
  try {
    return await work(fenced, run);
  } catch (error) {
    if (error instanceof ScriptFailure) return failed(fenced, error.failure, error.message, error.evidence);
    if (error instanceof InvalidDeploymentError) return failed(fenced, 'artifact-invalid', error.message);
    throw error;
  }
}

async function work(fenced: SimulatedState, run: ScriptRun): Promise<Ending> {
  switch (run.kind) {
    case 'install':
      return install(fenced, run);
    case 'activate':
      return activate(fenced, run);
    case 'verify':
      return verify(fenced, run);
    case 'settle':
      return settle(fenced, run);
  }
}

function activate(state: SimulatedState, run: ScriptRun): Ending {
  const { releaseId = '', deploymentId = '' } = run.parameters;
  const isPrevious = releaseId === 'previous';
  if (!isPrevious && (run.fault === 'release-missing' || state.releases[releaseId] === undefined)) {
    return failed(state, 'release-missing', `${releaseId} is not installed on this host`);
  }
  const saved = savePrevious(state, deploymentId);
  const previous = saved.previous[deploymentId] ?? { running: 'none', isActive: false };
  const target = isPrevious ? previous : { running: releaseId, isActive: true };
  const isRelease = target.running !== 'none' && target.running !== 'v0';
  if (run.fault === 'previous-missing' || (isRelease && saved.releases[target.running] === undefined)) {
    return failed(saved, 'previous-missing', `${target.running} cannot be activated: it is gone`);
  }
  // Everything up to the stop leaves the service as it was.
  if (run.fault !== undefined && run.fault !== 'start-failed') {
    return failed(saved, run.fault, simulatedSentence(run.fault), evidenceOf(run.fault));
  }
  const isThere = saved.running === target.running && saved.isActive === target.isActive;
  if (run.fault === undefined && isThere && (!isRelease || isHealthy(saved, run.now()) !== false)) {
    const message = `the host runs ${target.running} already: it was not restarted`;
    return { state: saved, outcome: 'done', message, isHealthy: isRelease ? true : null };
  }
  if (run.fault === 'start-failed') {
    const stopped = { ...saved, running: target.running, isActive: false, mainPid: 0 };
    return failed(stopped, 'start-failed', 'systemd could not start the service', evidenceOf('start-failed'));
  }
  const switched: SimulatedState = {
    ...saved,
    running: target.running,
    isActive: target.isActive,
    mainPid: target.isActive ? saved.nextPid : 0,
    nextPid: saved.nextPid + 1,
    startedAt: run.now(),
  };
  return { state: switched, outcome: 'done', message: `the host was switched to ${target.running}` };
}

function settle(state: SimulatedState, run: ScriptRun): Ending {
  if (run.fault !== undefined) return failed(state, run.fault, simulatedSentence(run.fault));
  const message = `fence ${state.fence} is acknowledged; the host runs ${state.running}`;
  return { state, outcome: 'done', message, isHealthy: isHealthy(state, run.now()) };
}

/** What ran before this deployment: written once, before its first change. */
function savePrevious(state: SimulatedState, deploymentId: string): SimulatedState {
  if (state.previous[deploymentId] !== undefined) return state;
  const now = { running: state.running, isActive: state.isActive };
  const isOurs = state.running !== 'none' && state.running !== 'v0';
  const good = isOurs && state.good !== null ? state.good : now;
  return { ...state, good, previous: { ...state.previous, [deploymentId]: good } };
}

function reportOf(ending: Ending, run: ScriptRun, startedAt: number): HostReport {
  const { service = '', deploymentId = '', key = '', fence = '0' } = run.parameters;
  const { state } = ending;
  const previous = state.previous[deploymentId]?.running;
  return {
    schema: 1,
    script: run.kind,
    service,
    deploymentId,
    key,
    fence: Number(fence),
    outcome: ending.outcome,
    replayed: false,
    ...(ending.failure === undefined ? {} : { failure: ending.failure }),
    message: ending.message,
    startedAtSeconds: Math.floor(startedAt / 1_000),
    finishedAtSeconds: Math.floor(run.now() / 1_000),
    host: {
      running: state.running,
      ...(previous === undefined ? {} : { previous }),
      isActive: state.isActive,
      isHealthy: ending.isHealthy ?? null,
      mainPid: state.mainPid,
      fence: state.fence,
      ...(ending.isUntouched === undefined ? {} : { isUntouched: ending.isUntouched }),
    },
    ...(ending.installed === undefined ? {} : { installed: ending.installed }),
    ...(ending.checks === undefined ? {} : { checks: ending.checks }),
    ...(ending.warnings === undefined ? {} : { warnings: ending.warnings }),
    ...(ending.evidence === undefined || Object.keys(ending.evidence).length === 0
      ? {}
      : { evidence: ending.evidence }),
  };
}
