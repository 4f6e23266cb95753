import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { StateMachine } from 'aws-local-stepfunctions';
import type { ExecutionInfo, Executions } from '../../clients/ports.ts';
import { localAccount } from '../ledger/object-created.ts';
import { type LinkedSignal, linkSignal } from './abortable.ts';
import { type Definition, problemsOf, statesOf } from './definition.ts';
import {
  createProgressSaver,
  type ExecutionRecord,
  openFileStore,
  openMemoryStore,
  type ProgressSaver,
} from './execution-store.ts';
import { contextOf, lowerMachine, type Placeholders } from './lower.ts';
import { runMachine } from './run-machine.ts';
import type { LocalFunction } from './run-task.ts';
import { asStateData, loadTimeoutErrors } from './state-errors.ts';
import { type ExecutionStatusChange, statusChange } from './status-change.ts';
import { createTaskTokens, type ParkedTask } from './task-tokens.ts';
import type { TimerClock } from './timer-clock.ts';
import { createHistory, type History, type StateVisit, type TransitionEvent } from './visits.ts';

export interface ExecutionsOptions {
  /** The definition as parsed from its file. */
  readonly definition: Definition;
  /** By the name that stands in `FunctionName`, without `${}`. */
  readonly functions: Readonly<Record<string, LocalFunction>>;
  /** `payment`; part of every ARN. */
  readonly service: string;
  readonly region: string;
  readonly clock: TimerClock;
  /** One file per execution; without it nothing outlives the process. */
  readonly directory?: string;
  /** Told after the status is on disk. */
  readonly onStatusChange?: (event: ExecutionStatusChange) => void;
  readonly onTransition?: (event: TransitionEvent) => void;
  /** Wait states and delays of Retry take no time. */
  readonly skipWaits?: boolean;
  /** From 0 to 1, for JitterStrategy FULL. */
  readonly random?: () => number;
}

export interface LocalExecutions extends Executions {
  /** Makes every execution that an earlier process left RUNNING an ABORTED one, and tells so. */
  recover(): Promise<readonly ExecutionInfo[]>;
  /** Newest first. */
  list(): Promise<readonly ExecutionInfo[]>;
  /** Every state visited, in the order of entering; empty for an unknown execution. */
  visits(executionArn: string): Promise<readonly StateVisit[]>;
  /** Resolves when the execution has ended; at once where it has, undefined where nobody knows it. */
  ended(executionArn: string): Promise<ExecutionInfo | undefined>;
  /** Tasks that wait for their token to be answered. */
  parked(): readonly ParkedTask[];
  /** Stops everything without an end: `recover` of the next process makes the end. */
  close(): Promise<void>;
}

interface Live {
  info: ExecutionInfo;
  isEnding: boolean;
  readonly input: unknown;
  readonly history: History;
  readonly link: LinkedSignal;
  readonly progress: ProgressSaver;
  readonly created: Promise<boolean>;
  readonly ended: PromiseWithResolvers<ExecutionInfo>;
  cancelDeadline: () => void;
}

type End = Pick<ExecutionInfo, 'status'> & Partial<Pick<ExecutionInfo, 'output' | 'error' | 'cause'>>;

/** Runs a state machine definition as Step Functions does (Standard workflows), in this process. */
export async function createExecutions(options: ExecutionsOptions): Promise<LocalExecutions> {
  const { definition, clock, region } = options;
  const machineName = `rollgate-${options.service}`;
  const arnPrefix = `arn:aws:states:${region}:${localAccount}`;
  const stateMachineArn = `${arnPrefix}:stateMachine:${machineName}`;
  const executionPrefix = `${arnPrefix}:execution:${machineName}:`;
  validate(definition, Object.keys(options.functions));
  const stateNames = statesOf(definition).map(([name]) => name);
  const machine = lowerMachine(definition, (name) => stateNames.indexOf(name));
  const placeholders: Placeholders = {
    token: `token-${randomUUID()}`,
    enteredTime: `entered-${randomUUID()}`,
    retryCount: `retries-${randomUUID()}`,
  };
  const tokens = createTaskTokens();
  const timeoutError = await loadTimeoutErrors();
  const store = options.directory === undefined ? openMemoryStore() : await openFileStore(options.directory);
  const running = new Map<string, Live>();

  const nameOf = (arn: string) => (arn.startsWith(executionPrefix) ? arn.slice(executionPrefix.length) : '');
  const now = () => new Date(clock.now()).toISOString();
  const tell = (info: ExecutionInfo) =>
    options.onStatusChange?.(statusChange(info, stateMachineArn, region, clock.now()));
  const recordOf = (live: Live): ExecutionRecord => ({ ...live.info, visits: live.history.visits() });

  function begin(name: string, input: unknown): Live {
    const executionArn = `${executionPrefix}${name}`;
    const info: ExecutionInfo = {
      executionArn,
      name,
      status: 'RUNNING',
      startedAt: now(),
      input: JSON.stringify(input),
    };
    const progress = createProgressSaver(() => store.save(recordOf(live)));
    const live: Live = {
      info,
      isEnding: false,
      input,
      history: createHistory((transition, number, visit) => {
        progress.touch();
        options.onTransition?.({ executionArn, transition, number, visit });
      }),
      link: linkSignal(),
      progress,
      created: store.create({ ...info, visits: [] }),
      ended: Promise.withResolvers<ExecutionInfo>(),
      cancelDeadline: () => undefined,
    };
    live.ended.promise.catch(() => undefined);
    return live;
  }

  async function run(live: Live): Promise<void> {
    const { executionArn, name, startedAt } = live.info;
    if (definition.TimeoutSeconds !== undefined) {
      const onDeadline = () => void finish(live, { status: 'TIMED_OUT', error: 'States.Timeout' });
      live.cancelDeadline = clock.schedule(definition.TimeoutSeconds * 1000, onDeadline);
    }
    const context = contextOf(
      {
        Id: executionArn,
        Name: name,
        Input: live.input,
        StartTime: startedAt,
        RoleArn: `arn:aws:iam::${localAccount}:role/rollgate`,
      },
      { Id: stateMachineArn, Name: machineName },
      stateNames,
      placeholders,
    );
    const world = {
      executionArn,
      functions: options.functions,
      tokens,
      clock,
      placeholders,
      timeoutError,
      history: live.history,
      random: options.random ?? Math.random,
      skipWaits: options.skipWaits ?? false,
    };
    const scope = { signal: live.link.signal, iteration: [], context };
    const end = await runMachine(machine, live.input, scope, world).then(succeeded, failed);
    await finish(live, end);
  }

  /** The first end counts. What still runs is stopped before anything is written. */
  async function finish(live: Live, end: End): Promise<void> {
    if (live.isEnding) return;
    live.isEnding = true;
    live.cancelDeadline();
    live.link.abort();
    const info: ExecutionInfo = { ...live.info, ...end, stoppedAt: now() };
    await live.progress.close();
    await store.save({ ...info, visits: live.history.visits() });
    live.info = info;
    running.delete(info.name);
    tell(info);
    live.ended.resolve(info);
  }

  return {
    arnOf: (name) => `${executionPrefix}${name}`,
    async start(name, input) {
      if (!/^[0-9A-Za-z_-]{1,80}$/.test(name)) throw new RangeError(`InvalidName: ${JSON.stringify(name)}`);
      const executionArn = `${executionPrefix}${name}`;
      const data = asStateData(input ?? {}, 'the input');
      const present = running.get(name);
      if (present !== undefined) {
        const isSame = (await present.created) && !present.isEnding && isDeepStrictEqual(present.input, data);
        return { kind: isSame ? 'started' : 'exists', executionArn };
      }
      const live = begin(name, data);
      running.set(name, live);
      const isNew = await live.created.catch((error: unknown) => {
        running.delete(name);
        throw error;
      });
      if (!isNew) {
        running.delete(name);
        return { kind: 'exists', executionArn };
      }
      tell(live.info);
      void run(live);
      return { kind: 'started', executionArn };
    },
    async describe(executionArn) {
      const name = nameOf(executionArn);
      const live = running.get(name);
      if (live !== undefined && (await live.created)) return live.info;
      const record = name === '' ? undefined : await store.load(name);
      return record && withoutVisits(record);
    },
    async stop(executionArn, error, cause) {
      const live = running.get(nameOf(executionArn));
      if (live === undefined || !(await live.created)) return;
      if (live.isEnding) await live.ended.promise;
      else await finish(live, { status: 'ABORTED', error, cause });
    },
    taskSucceeded: async (token, output) => tokens.succeed(token, output),
    taskFailed: async (token, error, cause) => tokens.fail(token, error, cause),
    async recover() {
      const aborted: ExecutionInfo[] = [];
      for (const name of await store.names()) {
        const record = running.has(name) ? undefined : await store.load(name);
        if (record?.status !== 'RUNNING') continue;
        const ended: ExecutionRecord = {
          ...record,
          status: 'ABORTED',
          stoppedAt: now(),
          error: 'EngineStopped',
          cause: 'The engine was stopped or killed while this execution ran.',
        };
        await store.save(ended);
        const info = withoutVisits(ended);
        tell(info);
        aborted.push(info);
      }
      return aborted;
    },
    async list() {
      const records = await Promise.all((await store.names()).map((name) => store.load(name)));
      const infos = records.filter((record) => record !== undefined).map(withoutVisits);
      return infos
        .map((info) => running.get(info.name)?.info ?? info)
        .sort((one, other) => other.startedAt.localeCompare(one.startedAt) || other.name.localeCompare(one.name));
    },
    async visits(executionArn) {
      const name = nameOf(executionArn);
      const live = running.get(name);
      if (live !== undefined && (await live.created)) return live.history.visits();
      return (name === '' ? undefined : await store.load(name))?.visits ?? [];
    },
    async ended(executionArn) {
      const name = nameOf(executionArn);
      const live = running.get(name);
      if (live !== undefined && (await live.created)) return live.ended.promise;
      const record = name === '' ? undefined : await store.load(name);
      return record && withoutVisits(record);
    },
    parked: () => tokens.parked(),
    async close() {
      for (const live of [...running.values()]) {
        if (live.isEnding) {
          await live.ended.promise;
          continue;
        }
        live.isEnding = true;
        live.cancelDeadline();
        live.link.abort();
        await live.progress.close();
        if (await live.created) await store.save(recordOf(live));
        live.ended.reject(new Error(`the engine was stopped while ${live.info.name} ran`));
        running.delete(live.info.name);
      }
    },
  };
}

function succeeded(output: unknown): End {
  return { status: 'SUCCEEDED', output: JSON.stringify(output ?? null) };
}

function failed(thrown: unknown): End {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { status: 'FAILED', ...(name === '' ? {} : { error: name }), ...(message === '' ? {} : { cause: message }) };
}

/** The validator compiles its schemas each time, for 70 ms: one definition is asked about once. */
const valid = new WeakSet<Definition>();

/** Throws with everything that is wrong: what AWS would refuse, and what would run otherwise here than there. */
function validate(definition: Definition, functionNames: readonly string[]): void {
  const problems = problemsOf(definition, functionNames);
  if (problems.length > 0) throw new Error(`the state machine definition can't be run:\n${problems.join('\n')}`);
  if (valid.has(definition)) return;
  new StateMachine(definition as unknown as ConstructorParameters<typeof StateMachine>[0]);
  valid.add(definition);
}

function withoutVisits(record: ExecutionRecord): ExecutionInfo {
  const { visits: _, ...info } = record;
  return info;
}
