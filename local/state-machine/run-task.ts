import { orAborted } from './abortable.ts';
import { lambdaCallOf } from './definition.ts';
import { fillPlaceholders, type Placeholders, type Step } from './lower.ts';
import { asStateData, lambdaError, runtimeError, type TimeoutName } from './state-errors.ts';
import type { TaskTokens } from './task-tokens.ts';
import type { TimerClock } from './timer-clock.ts';
import type { OpenVisit } from './visits.ts';

/** A Lambda function as it is here: its event in, its result out. */
export type LocalFunction = (payload: unknown) => Promise<unknown>;

export interface TaskWorld {
  readonly executionArn: string;
  readonly functions: Readonly<Record<string, LocalFunction>>;
  readonly tokens: TaskTokens;
  readonly clock: TimerClock;
  readonly placeholders: Placeholders;
  readonly timeoutError: (name: TimeoutName) => Error;
}

/** What lowerMachine makes a Task's handler be given. */
export interface TaskArguments {
  readonly call?: { readonly Payload?: unknown };
  readonly timeoutSeconds?: unknown;
  readonly heartbeatSeconds?: unknown;
}

/** One attempt of a Task: calls its function and, where it waits for a token, waits for the answer. */
export async function runTask(
  step: Step,
  given: TaskArguments,
  visit: OpenVisit,
  signal: AbortSignal,
  world: TaskWorld,
): Promise<unknown> {
  const call = lambdaCallOf(step.state);
  const run = world.functions[call?.functionName ?? ''];
  if (call === undefined || run === undefined) throw runtimeError(`no function for ${step.name}`);
  const timeoutSeconds = secondsOf(given.timeoutSeconds, 'TimeoutSeconds');
  const heartbeatSeconds = call.isWaiting ? secondsOf(given.heartbeatSeconds, 'HeartbeatSeconds') : undefined;
  const deadlines: Deadline[] = [
    ...(timeoutSeconds === undefined ? [] : [{ seconds: timeoutSeconds, name: 'States.Timeout' } as const]),
    ...(heartbeatSeconds === undefined
      ? []
      : [{ seconds: heartbeatSeconds, name: 'States.HeartbeatTimeout' } as const]),
  ];
  const { state, iteration, enteredAt, attempts } = visit.current();
  const payload = (token: string) =>
    asStateData(
      fillPlaceholders(
        given.call?.Payload ?? {},
        new Map<string, string | number>([
          [world.placeholders.token, token],
          [world.placeholders.enteredTime, enteredAt],
          [world.placeholders.retryCount, attempts - 1],
        ]),
      ),
      `the payload of ${step.name}`,
    );

  if (!call.isWaiting) {
    const result = await within(deadlines, signal, world, invoke(run, payload('')));
    return {
      ExecutedVersion: '$LATEST',
      Payload: asStateData(result, `the result of ${call.functionName}`),
      StatusCode: 200,
    };
  }
  const parked = world.tokens.park({
    executionArn: world.executionArn,
    state,
    functionName: call.functionName,
    iteration,
    parkedAt: world.clock.now(),
  });
  try {
    // The function only parks the token and acts: what it returns is nobody's, what it throws ends the attempt.
    const failed = invoke(run, payload(parked.token)).then(() => new Promise<never>(() => undefined));
    return await within(deadlines, signal, world, Promise.race([parked.answer, failed]));
  } finally {
    parked.release();
  }
}

async function invoke(run: LocalFunction, payload: unknown): Promise<unknown> {
  try {
    return await run(payload);
  } catch (thrown) {
    throw lambdaError(thrown);
  }
}

interface Deadline {
  readonly seconds: number;
  readonly name: TimeoutName;
}

/** The work's end, a timeout or the abort: whatever comes first. The function itself is not stopped, as on AWS. */
async function within<T>(
  deadlines: readonly Deadline[],
  signal: AbortSignal,
  world: TaskWorld,
  work: Promise<T>,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancels = deadlines.map(({ seconds, name }) =>
    world.clock.schedule(seconds * 1000, () => reject(world.timeoutError(name))),
  );
  try {
    return await orAborted(signal, Promise.race([work, promise]));
  } finally {
    for (const cancel of cancels) cancel();
  }
}

function secondsOf(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw runtimeError(`${field} must be a positive integer, not ${JSON.stringify(value)}`);
}
