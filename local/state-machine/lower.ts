import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { type Catcher, type ChoiceRule, type Definition, machinesIn, type State } from './definition.ts';

/** A state that the runner carries out itself; all others are left to the package. */
export interface Step {
  readonly name: string;
  /** The state as committed, but for its context paths. */
  readonly state: State;
  /** The processor of a Map, the branches of a Parallel. */
  readonly inner: readonly LoweredMachine[];
}

/** A machine in the words that aws-local-stepfunctions 3 understands, and what the runner does for it. */
export interface LoweredMachine {
  readonly definition: StateMachineDefinition;
  readonly steps: ReadonlyMap<string, Step>;
  readonly types: ReadonlyMap<string, State['Type']>;
}

/**
 * The package times every Task out, after 60 s where nothing else is said; this is the most its timer can hold. So no
 * state lasts longer than 24 days here, whatever its own TimeoutSeconds.
 */
const neverSeconds = 2_147_483;

/**
 * Rewrites a definition for the package, so that it behaves as on AWS. The package goes from state to state, evaluates
 * Choices, paths, templates and intrinsics, and applies Catch. What it lacks or does otherwise becomes a Task with a
 * handler of ours:
 *
 * - Task: no heartbeats, no tokens; its timeout can't be fired by a test; it looks for TimeoutSecondsPath in what
 *   Parameters made, not in the input; its Retry goes on after an abort.
 * - Map and Parallel: queued items start after another failed, and nothing tells a running item to stop.
 * - Wait: real time only. Fail: no intrinsics in ErrorPath and CausePath.
 *
 * Besides: `$$.Execution` is the item in an iteration, `$$.State` is missing (see contextOf), ResultPath `$` makes a
 * key of that name, Choice tests such as `IsPresent: false` never match, and a missed heartbeat is no States.Timeout.
 *
 * Left as it is, unlike AWS: the path `$` of an input that is null, false, 0 or an empty text, and a path with a
 * wildcard that finds nothing, are States.Runtime.
 */
export function lowerMachine(definition: Definition, indexOf: (stateName: string) => number): LoweredMachine {
  const steps = new Map<string, Step>();
  const types = new Map<string, State['Type']>();
  const states: Record<string, unknown> = {};
  for (const [name, committed] of Object.entries(definition.States)) {
    const state = withContextPaths(committed, indexOf(name));
    types.set(name, state.Type);
    states[name] = lowerState(state);
    if (isStep(state)) {
      const inner = machinesIn(committed).map((machine) => lowerMachine(machine, indexOf));
      steps.set(name, { name, state, inner });
    }
  }
  const lowered = { StartAt: definition.StartAt, States: states } as unknown as StateMachineDefinition;
  return { definition: lowered, steps, types };
}

function isStep(state: State): boolean {
  return !['Choice', 'Pass', 'Succeed'].includes(state.Type);
}

function lowerState(state: State): unknown {
  switch (state.Type) {
    case 'Task':
      return task(state, {
        ...argument('call', state.Parameters, '$'),
        ...argument('timeoutSeconds', state.TimeoutSeconds, state.TimeoutSecondsPath),
        ...argument('heartbeatSeconds', state.HeartbeatSeconds, state.HeartbeatSecondsPath),
      });
    case 'Map':
      return task(state, {
        'input.$': '$',
        'items.$': state.ItemsPath ?? '$',
        ...argument('maxConcurrency', state.MaxConcurrency, state.MaxConcurrencyPath),
      });
    case 'Parallel':
      return task(state, argument('input', state.Parameters, '$'));
    case 'Wait':
      return task(state, {
        'input.$': '$',
        ...argument('seconds', state.Seconds, state.SecondsPath),
        ...argument('timestamp', state.Timestamp, state.TimestampPath),
      });
    case 'Fail':
      return task(
        { Type: 'Fail', End: true },
        { ...argument('error', state.Error, state.ErrorPath), ...argument('cause', state.Cause, state.CausePath) },
      );
    case 'Choice':
      return { ...state, Choices: (state.Choices ?? []).map(lowerRule) };
    case 'Pass':
      return withResultPath(state);
    case 'Succeed':
      return state;
  }
}

/** One entry of a payload template: a value as it is, or a path to it. */
function argument(name: string, value: unknown, path: string | undefined): Readonly<Record<string, unknown>> {
  if (value !== undefined) return { [name]: value };
  return path === undefined ? {} : { [`${name}.$`]: path };
}

function task(state: State, parameters: Readonly<Record<string, unknown>>): unknown {
  const { Next, End, InputPath, OutputPath, ResultSelector } = state;
  return withResultPath({
    Type: 'Task',
    Resource: 'rollgate',
    TimeoutSeconds: neverSeconds,
    Parameters: parameters,
    ...(Next === undefined ? { End: End ?? true } : { Next }),
    ...(InputPath === undefined ? {} : { InputPath }),
    ...(OutputPath === undefined ? {} : { OutputPath }),
    ...(ResultSelector === undefined ? {} : { ResultSelector }),
    ...('ResultPath' in state ? { ResultPath: state.ResultPath } : {}),
    ...(state.Catch === undefined ? {} : { Catch: state.Catch.map(lowerCatcher) }),
  } as State);
}

/** To the package, ResultPath `$` is a key of that name; none means what `$` means. */
function withResultPath<T extends { readonly ResultPath?: string | null }>(holder: T): T {
  if (holder.ResultPath !== '$') return holder;
  const { ResultPath: _, ...rest } = holder;
  return rest as T;
}

function lowerCatcher(catcher: Catcher): Catcher {
  const names = catcher.ErrorEquals;
  const isForTimeouts = names.includes('States.Timeout') && !names.includes('States.HeartbeatTimeout');
  return withResultPath(isForTimeouts ? { ...catcher, ErrorEquals: [...names, 'States.HeartbeatTimeout'] } : catcher);
}

const typeTests = ['IsNull', 'IsPresent', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp'] as const;

/** To the package, a type test is always a question whether it holds. */
function lowerRule(rule: ChoiceRule): ChoiceRule {
  const { Next, ...question } = rule;
  const next = Next === undefined ? {} : { Next };
  if (rule.And !== undefined) return { And: rule.And.map(lowerRule), ...next };
  if (rule.Or !== undefined) return { Or: rule.Or.map(lowerRule), ...next };
  if (rule.Not !== undefined) return { Not: lowerRule(rule.Not), ...next };
  const negated = typeTests.find((test) => question[test] === false);
  return negated === undefined ? rule : { Not: { ...question, [negated]: true }, ...next };
}

/** Gives context paths the names under which contextOf holds them; Comments and inner machines are left alone. */
function withContextPaths(state: State, index: number): State {
  function rewrite(value: unknown, key: string): unknown {
    if (key === 'Comment' || key === 'ItemProcessor' || key === 'Iterator' || key === 'Branches') return value;
    if (Array.isArray(value)) return value.map((element) => rewrite(element, ''));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewrite(inner, name)]));
    }
    const isPath = typeof value === 'string' && (key.endsWith('.$') || key.endsWith('Path') || key === 'Variable');
    if (!isPath) return value;
    return value
      .replace(/\$\$\.Execution(?![A-Za-z0-9_])/g, '$$$$.TopExecution')
      .replace(/\$\$\.State(?![A-Za-z0-9_])/g, `$$$$.States.s${index}`);
  }
  return rewrite(state, '') as State;
}

/** What a Task learns only when it is called: it stands in the context as one of these texts until then. */
export interface Placeholders {
  readonly token: string;
  readonly enteredTime: string;
  readonly retryCount: string;
}

export interface ExecutionContext {
  readonly Id: string;
  readonly Name: string;
  readonly Input: unknown;
  readonly StartTime: string;
  readonly RoleArn: string;
}

/** The context object under the names that withContextPaths gave. */
export function contextOf(
  execution: ExecutionContext,
  stateMachine: { readonly Id: string; readonly Name: string },
  stateNames: readonly string[],
  placeholders: Placeholders,
): Readonly<Record<string, unknown>> {
  const states = stateNames.map((name, index) => [
    `s${index}`,
    { Name: name, EnteredTime: placeholders.enteredTime, RetryCount: placeholders.retryCount },
  ]);
  return {
    TopExecution: execution,
    StateMachine: stateMachine,
    States: Object.fromEntries(states),
    Task: { Token: placeholders.token },
  };
}

/** Puts values in the place of their placeholders, wherever these stand in a payload. */
export function fillPlaceholders(value: unknown, values: ReadonlyMap<string, string | number>): unknown {
  if (Array.isArray(value)) return value.map((element) => fillPlaceholders(element, values));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillPlaceholders(inner, values)]));
  }
  if (typeof value !== 'string') return value;
  const whole = values.get(value);
  if (whole !== undefined) return whole;
  return [...values].reduce((text, [placeholder, filling]) => text.replaceAll(placeholder, String(filling)), value);
}
