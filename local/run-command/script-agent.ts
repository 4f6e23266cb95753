import { type HostMachine, HostNotRunningError } from '../hosts/host-machine.ts';
import { checkParameters } from './check-parameters.ts';
import {
  type AgentJob,
  type AgentResult,
  type HostAgent,
  outputLimits,
  type StepOutcome,
  type StepResult,
  truncateOutput,
} from './host-agent.ts';
import { replaceInLines, replaceParameters } from './replace-parameters.ts';
import { type DocumentStep, executionSecondsOf } from './ssm-document.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface ScriptAgentOptions {
  readonly region: string;
  readonly timers?: Timers;
}

/** Exit codes that mean something to the agent (appconfig and contracts of amazon-ssm-agent 3.3). */
const exitCode = { killed: 137, exitWithSuccess: 168, exitWithFailure: 169, reboot: 194 } as const;
/** How often the agent starts one document at most, reboots included (`CommandRetryLimit`). */
const maxRuns = 15;
const orchestrationRoot = '/var/lib/amazon/ssm';

/**
 * The SSM agent's side of Run Command, played on a machine: it checks parameters once more, writes each step's script
 * to a folder that only root can read, runs it with `sh -c` (so the kernel honours a shebang, and a script without one
 * is the system shell's) and treats exit codes and timeouts as the agent does.
 */
export function createScriptAgent(machine: HostMachine, options: ScriptAgentOptions): HostAgent {
  const timers = options.timers ?? systemTimers;
  return {
    instanceId: machine.instanceId,
    isOnline: () => machine.isRunning(),
    run: async (job, cancel) => {
      try {
        return await runDocument({ machine, timers, region: options.region }, job, cancel);
      } catch (error) {
        if (!machine.isRunning() || !(await isUp(machine))) return { kind: 'lost' };
        return failedBeforeStart(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

interface Side {
  readonly machine: HostMachine;
  readonly timers: Timers;
  readonly region: string;
}

async function runDocument(side: Side, job: AgentJob, cancel: AbortSignal): Promise<AgentResult> {
  const problems = checkParameters(job.document.parameters, job.parameters);
  if (problems.length > 0) return failedBeforeStart(problems.join('\n'));
  const results: StepResult[] = [];
  let isEnded = false;
  for (const step of job.document.steps) {
    if (step.isForOtherPlatform || (isEnded && !step.finallyStep)) {
      results.push(skipped(step.name));
      continue;
    }
    const outcome = await runStep(side, job, step, cancel);
    if (outcome === 'lost') return { kind: 'lost' };
    results.push({ ...outcome, name: step.name, isSkipped: false });
    if (endsDocument(step, outcome)) isEnded = true;
  }
  return { kind: 'finished', ...aggregate(results), steps: results };
}

function endsDocument(step: DocumentStep, outcome: StepOutcome): boolean {
  if (outcome.status === 'Cancelled') return true;
  if (outcome.responseCode === exitCode.exitWithSuccess || outcome.responseCode === exitCode.exitWithFailure)
    return true;
  // `onFailure` looks at Failed alone: after a step that timed out the agent goes on.
  if (outcome.status === 'Failed' && step.onFailure !== undefined) return true;
  return outcome.status === 'Success' && step.onSuccess === 'exit';
}

async function runStep(
  side: Side,
  job: AgentJob,
  step: DocumentStep,
  cancel: AbortSignal,
): Promise<StepOutcome | 'lost'> {
  const fill = (text: string): string => replaceParameters(text, job.document.parameters, job.parameters);
  const script = `${replaceInLines(step.runCommand, job.document.parameters, job.parameters).join('\n')}\n`;
  const folder = `${orchestrationRoot}/${job.instanceId}/document/orchestration/${job.commandId}/${step.name}`;
  const path = `${folder}/_script.sh`;
  for (let run = 1; run <= maxRuns; run += 1) {
    await writeScript(side.machine, path, script);
    if (cancel.aborted) return { status: 'Cancelled', responseCode: exitCode.killed, stdout: '', stderr: '' };
    const directory = fill(step.workingDirectory);
    const workingDirectory =
      directory === '' || directory.startsWith('/') ? directory : `${folder}/downloads/${directory}`;
    const outcome = await runScript(
      side,
      job,
      path,
      workingDirectory,
      executionSecondsOf(fill(step.timeoutSeconds)),
      cancel,
    );
    if (outcome === 'lost') return 'lost';
    if (outcome.responseCode !== exitCode.reboot) return refine(step, outcome);
    await side.machine.powerOff('orderly');
    await side.machine.powerOn();
  }
  const stderr = `asked for a reboot ${maxRuns} times; the agent gives up`;
  return { status: 'Failed', responseCode: 1, stdout: '', stderr };
}

async function runScript(
  side: Side,
  job: AgentJob,
  path: string,
  workingDirectory: string,
  seconds: number,
  cancel: AbortSignal,
): Promise<StepOutcome | 'lost'> {
  const killer = new AbortController();
  let isTimedOut = false;
  const stopTimer = side.timers.after(seconds * 1_000, () => {
    isTimedOut = true;
    killer.abort();
  });
  const onCancel = (): void => killer.abort();
  cancel.addEventListener('abort', onCancel, { once: true });
  try {
    const argv = workingDirectory === '' ? ['sh', '-c', path] : ['env', '-C', workingDirectory, 'sh', '-c', path];
    const result = await side.machine.exec(argv, {
      env: {
        AWS_SSM_INSTANCE_ID: job.instanceId,
        AWS_SSM_REGION_NAME: side.region,
        SSM_COMMAND_ID: job.commandId,
      },
      signal: killer.signal,
    });
    const isKilledByAgent = result.code === null && killer.signal.aborted;
    if (!isKilledByAgent && isKilled(result.code) && !(await isUp(side.machine))) return 'lost';
    if (!side.machine.isRunning()) return 'lost';
    // A script that dies of a signal of its own has exit status -1 in Go, which is a plain failure.
    const code = isKilledByAgent ? exitCode.killed : (result.code ?? -1);
    const status = statusOf(code, cancel.aborted && !isTimedOut);
    const note = status === 'Failed' ? `failed to run commands: ${exitText(code, result.signal)}` : '';
    return {
      status,
      responseCode: code,
      stdout: truncateOutput(result.stdout, outputLimits.stdout),
      stderr: truncateOutput(result.stderr + note, outputLimits.stderr),
    };
  } finally {
    stopTimer();
    cancel.removeEventListener('abort', onCancel);
  }
}

/** The script and the folders on its way are root's alone: parameters stand in it. */
async function writeScript(machine: HostMachine, path: string, script: string): Promise<void> {
  const command = 'umask 077 && mkdir -p "$(dirname "$1")" && cat >"$1" && chmod 0700 "$1"';
  const written = await machine.exec(['sh', '-c', command, 'sh', path], { stdin: script });
  if (written.code !== 0) throw new Error(`the script cannot be written: ${written.stderr.trim()}`);
}

/** Ended by a signal, its own or that of the shell around it. */
function isKilled(code: number | null): boolean {
  return code === null || code > 128;
}

/** When a host goes down, its processes end a moment before it counts as down: one that still runs commands is up. */
async function isUp(machine: HostMachine): Promise<boolean> {
  try {
    return (await machine.exec(['true'])).code === 0;
  } catch (error) {
    if (error instanceof HostNotRunningError) return false;
    throw error;
  }
}

function statusOf(code: number, isCancelled: boolean): StepOutcome['status'] {
  if (code === 0) return 'Success';
  if (code === exitCode.killed) return isCancelled ? 'Cancelled' : 'TimedOut';
  return 'Failed';
}

function exitText(code: number, signal: string | null): string {
  return code === -1 ? `signal: ${signal ?? 'unknown'}` : `exit status ${code}`;
}

/** What the agent adds where a step ends the document. */
function refine(step: DocumentStep, outcome: StepOutcome): StepOutcome {
  if (outcome.responseCode === exitCode.exitWithSuccess) {
    const note =
      '\nStep exited with code 168. Therefore, marking step as succeeded. Further document steps will be skipped.';
    return {
      ...outcome,
      status: 'Success',
      stdout: truncateOutput(outcome.stdout + note, outputLimits.stdout),
      stderr: '',
    };
  }
  if (outcome.responseCode === exitCode.exitWithFailure) {
    const note =
      '\nStep exited with code 169. Therefore, marking step as Failed. Further document steps will be skipped.';
    return withNote(outcome, note);
  }
  if (outcome.status !== 'Failed' || step.onFailure === undefined) return outcome;
  const noted = withNote(
    outcome,
    '\nStep was found to have onFailure property. Further document steps will be skipped.',
  );
  if (step.onFailure === 'exit') return noted;
  return { ...noted, status: 'Success', responseCode: exitCode.exitWithSuccess };
}

function withNote(outcome: StepOutcome, note: string): StepOutcome {
  return {
    ...outcome,
    stdout: truncateOutput(outcome.stdout + note, outputLimits.stdout),
    stderr: truncateOutput(outcome.stderr + note, outputLimits.stderr),
  };
}

/** The agent's precedence: Failed, TimedOut, Cancelled, Success. */
function aggregate(steps: readonly StepResult[]): StepOutcome {
  const worst = (['Failed', 'TimedOut', 'Cancelled'] as const)
    .map((status) => steps.find((step) => step.status === status))
    .find((step) => step !== undefined);
  const shown = steps.filter((step) => !step.isSkipped);
  return {
    status: worst?.status ?? 'Success',
    responseCode: worst?.responseCode ?? shown.at(-1)?.responseCode ?? 0,
    stdout: truncateOutput(shown.map((step) => step.stdout).join(''), outputLimits.stdout),
    stderr: truncateOutput(shown.map((step) => step.stderr).join(''), outputLimits.stderr),
  };
}

function skipped(name: string): StepResult {
  return { name, isSkipped: true, status: 'Success', responseCode: 0, stdout: '', stderr: '' };
}

function failedBeforeStart(message: string): AgentResult {
  return { kind: 'finished', status: 'Failed', responseCode: 1, stdout: '', stderr: message, steps: [] };
}
