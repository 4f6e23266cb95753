import { ExecutionAbortedError, ExecutionError } from 'aws-local-stepfunctions';
import { createHandover, linkSignal, sleep } from './abortable.ts';
import type { LoweredMachine, Step } from './lower.ts';
import { evaluateTemplate, type PackageRun, startRun } from './package-run.ts';
import { countRetries } from './retry.ts';
import { runInOrder } from './run-in-order.ts';
import { runTask, type TaskArguments, type TaskWorld } from './run-task.ts';
import { abortedError, asStateData, runtimeError, stateError } from './state-errors.ts';
import type { History, Iteration, OpenVisit } from './visits.ts';

/** What one execution runs in. */
export interface World extends TaskWorld {
  readonly history: History;
  readonly random: () => number;
  /** Wait states and the delays of Retry take no time; timeouts and heartbeats stay. */
  readonly skipWaits: boolean;
}

/** Where in the execution: aborted alone where one iteration fails, with everything where the execution ends. */
export interface Scope {
  readonly signal: AbortSignal;
  readonly iteration: readonly Iteration[];
  readonly context: Readonly<Record<string, unknown>>;
}

/** AWS runs no more than these at once, whatever the definition says. */
const mostInlineIterations = 40;
const mostDistributedIterations = 10_000;

/** Runs a machine, or what is inside a Map or Parallel, to its end; throws the error that nothing caught. */
export async function runMachine(
  machine: LoweredMachine,
  input: unknown,
  scope: Scope,
  world: World,
): Promise<unknown> {
  if (scope.signal.aborted) throw abortedError();
  const own = linkSignal(scope.signal);
  const entered = createHandover<OpenVisit>();
  const handle = async (step: Step, given: unknown) =>
    runStep(step, given, await entered.take(own.signal), { ...scope, signal: own.signal }, world);
  const handlers = [...machine.steps].map(([name, step]) => [name, (given: unknown) => handle(step, given)]);
  const run = startRun(machine.definition, input, scope.context, Object.fromEntries(handlers));
  own.signal.addEventListener('abort', run.abort, { once: true });
  const followed = follow(run.eventLogs, machine, entered.put, scope, world).catch((error: unknown) => {
    own.abort();
    throw error;
  });

  try {
    const [output] = await Promise.all([run.result, followed]);
    return output;
  } catch (error) {
    if (error instanceof ExecutionError) throw error.cause;
    // Its own follower stopped it, and says why; otherwise the execution or a sibling did.
    if (error instanceof ExecutionAbortedError) await followed;
    throw error instanceof ExecutionAbortedError ? abortedError() : error;
  } finally {
    await followed.catch(() => undefined);
    own.release();
  }
}

/**
 * Writes the history from the package's own log, and tells each step of ours which visit it is: a step begins only
 * then, so that history and effects have one order. Throws where a state's output is too large, which the package
 * does not look at; the next step then never begins.
 */
async function follow(
  events: PackageRun['eventLogs'],
  machine: LoweredMachine,
  onStepEntered: (visit: OpenVisit) => void,
  scope: Scope,
  world: World,
): Promise<void> {
  const now = () => new Date(world.clock.now()).toISOString();
  let visit: OpenVisit | undefined;
  for await (const event of events) {
    switch (event.type) {
      case 'StateEntered': {
        const { name } = event.state;
        const type = machine.types.get(name) ?? 'Pass';
        visit = world.history.enter({ state: name, type, iteration: scope.iteration, enteredAt: now() });
        if (machine.steps.has(name)) onStepEntered(visit);
        break;
      }
      case 'StateFailed':
        visit?.change('failed', { error: event.Error, cause: String(event.Cause) });
        break;
      case 'StateCaught':
        visit?.change('failed', { caughtBy: event.catch.catcher.Next });
        break;
      case 'StateExited':
        visit?.change('exited', { exitedAt: now() });
        asStateData(event.state.output, `the output of ${event.state.name}`);
        break;
      default:
    }
  }
}

/** A visit of one of our steps with all its attempts. Retry is ours because the package's goes on after an abort. */
async function runStep(step: Step, given: unknown, visit: OpenVisit, scope: Scope, world: World): Promise<unknown> {
  const retries = countRetries(step.state.Retry ?? [], world.random);
  for (;;) {
    try {
      return await attemptStep(step, given, visit, scope, world);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const isRetryable = !('isRetryable' in error) || error.isRetryable !== false;
      const delaySeconds = isRetryable ? retries.nextDelaySeconds(error.name) : undefined;
      if (delaySeconds === undefined) throw error;
      visit.change('retried', { error: error.name, cause: error.message });
      await sleep(world.skipWaits ? 0 : delaySeconds, scope.signal, world.clock);
    }
  }
}

interface StepArguments extends TaskArguments {
  readonly input?: unknown;
  readonly items?: unknown;
  readonly maxConcurrency?: unknown;
  readonly seconds?: unknown;
  readonly timestamp?: unknown;
  readonly error?: unknown;
  readonly cause?: unknown;
}

async function attemptStep(step: Step, given: unknown, visit: OpenVisit, scope: Scope, world: World): Promise<unknown> {
  if (scope.signal.aborted) throw abortedError();
  const values = given as StepArguments;
  const type = step.state.Type;
  if (type === 'Wait') return waitOut(values, scope, world);
  if (type === 'Fail') throw stateError(asText(values.error), asText(values.cause));
  visit.change('attempted', { attempts: visit.current().attempts + 1 });
  if (type === 'Task') return runTask(step, values, visit, scope.signal, world);
  const results =
    type === 'Map' ? await runMap(step, values, scope, world) : await runBranches(step, values, scope, world);
  return asStateData(results, `the result of ${step.name}`);
}

function runBranches(step: Step, given: StepArguments, scope: Scope, world: World): Promise<readonly unknown[]> {
  const count = step.inner.length;
  return runInOrder(count, count, scope.signal, async (index, signal) => {
    const branch = step.inner[index];
    const inner = { ...scope, signal, iteration: [...scope.iteration, { state: step.name, index }] };
    return branch === undefined ? undefined : runMachine(branch, given.input, inner, world);
  });
}

async function runMap(step: Step, given: StepArguments, scope: Scope, world: World): Promise<readonly unknown[]> {
  const { items } = given;
  const processor = step.inner[0];
  if (!Array.isArray(items) || processor === undefined) throw runtimeError(`the items of ${step.name} are no array`);
  const isDistributed = step.state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
  const most = isDistributed ? mostDistributedIterations : mostInlineIterations;
  const limit = Math.min(concurrencyOf(given.maxConcurrency) || most, most);
  const template = step.state.ItemSelector ?? step.state.Parameters;
  try {
    return await runInOrder(items.length, limit, scope.signal, async (index, signal) => {
      const context = { ...scope.context, Map: { Item: { Index: index, Value: items[index] } } };
      const inner = { signal, context, iteration: [...scope.iteration, { state: step.name, index }] };
      const item =
        template === undefined ? items[index] : await evaluateTemplate(template, given.input, context, signal);
      return runMachine(processor, item, inner, world);
    });
  } catch (error) {
    if (!isDistributed || scope.signal.aborted) throw error;
    // The children are executions of their own: the Map learns only that too many failed, and none is tolerated.
    throw stateError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }
}

function concurrencyOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw runtimeError(`MaxConcurrency must be an integer of at least 0, not ${JSON.stringify(value)}`);
}

async function waitOut(given: StepArguments, scope: Scope, world: World): Promise<unknown> {
  const until = typeof given.timestamp === 'string' ? Date.parse(given.timestamp) - world.clock.now() : 0;
  const seconds = typeof given.seconds === 'number' ? given.seconds : until / 1000;
  if (Number.isNaN(seconds)) throw runtimeError(`not a time to wait for: ${JSON.stringify(given.timestamp)}`);
  await sleep(world.skipWaits ? 0 : seconds, scope.signal, world.clock);
  return given.input;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
