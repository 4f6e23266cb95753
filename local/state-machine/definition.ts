import type { Retrier } from './retry.ts';

/** A state machine as committed, in the parts that the runner reads; anything else is refused by name when loaded. */
export interface Definition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly QueryLanguage?: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly ResultPath?: string | null;
}

export interface ChoiceRule {
  readonly [field: string]: unknown;
  readonly And?: readonly ChoiceRule[];
  readonly Or?: readonly ChoiceRule[];
  readonly Not?: ChoiceRule;
  readonly Next?: string;
}

export interface State {
  readonly Type: 'Task' | 'Map' | 'Parallel' | 'Choice' | 'Pass' | 'Wait' | 'Succeed' | 'Fail';
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly ResultSelector?: Readonly<Record<string, unknown>>;
  readonly ResultPath?: string | null;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: number;
  readonly HeartbeatSecondsPath?: string;
  readonly ItemsPath?: string;
  readonly ItemSelector?: Readonly<Record<string, unknown>>;
  readonly MaxConcurrency?: number;
  readonly MaxConcurrencyPath?: string;
  readonly ItemProcessor?: Definition & { readonly ProcessorConfig?: { readonly Mode?: 'INLINE' | 'DISTRIBUTED' } };
  readonly Iterator?: Definition;
  readonly Branches?: readonly Definition[];
  readonly Choices?: readonly ChoiceRule[];
  readonly Default?: string;
  readonly Result?: unknown;
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

const lambdaResources: Readonly<Record<string, { readonly isWaiting: boolean }>> = {
  'arn:aws:states:::lambda:invoke': { isWaiting: false },
  'arn:aws:states:::lambda:invoke.waitForTaskToken': { isWaiting: true },
};

/** What a Task calls. Throws nothing: undefined where the resource is none that the runner has. */
export function lambdaCallOf(state: State): { readonly functionName: string; readonly isWaiting: boolean } | undefined {
  const resource = lambdaResources[state.Resource ?? ''];
  const name = state.Parameters?.['FunctionName'];
  if (resource === undefined || typeof name !== 'string') return undefined;
  return { functionName: name.replace(/^\$\{(.*)\}$/, '$1'), isWaiting: resource.isWaiting };
}

/** The machines inside a state: iterations or branches. */
export function machinesIn(state: State): readonly Definition[] {
  const processor = state.ItemProcessor ?? state.Iterator;
  return [...(processor === undefined ? [] : [processor]), ...(state.Branches ?? [])];
}

/** Every state of a machine and of the machines inside it, outer ones first. */
export function statesOf(definition: Definition): readonly (readonly [string, State])[] {
  return Object.entries(definition.States).flatMap(([name, state]) => [
    [name, state] as const,
    ...machinesIn(state).flatMap(statesOf),
  ]);
}

const unsupportedFields = [
  'Assign',
  'Arguments',
  'Output',
  'Items',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
  'Credentials',
] as const;

/** Everything in a definition that would run otherwise here than on AWS, one sentence each. */
export function problemsOf(definition: Definition, functionNames: readonly string[]): readonly string[] {
  const states = statesOf(definition);
  const names = states.map(([name]) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((name) => `${name}: state names must be unique, also across Map and Parallel`),
    ...(definition.QueryLanguage === 'JSONata' ? ['QueryLanguage: JSONata is not run here'] : []),
    ...states.flatMap(([name, state]) => problemsOfState(state, functionNames).map((text) => `${name}: ${text}`)),
  ];
}

function problemsOfState(state: State, functionNames: readonly string[]): readonly string[] {
  const problems = unsupportedFields.filter((field) => field in state).map((field) => `${field} is not run here`);
  if ('QueryLanguage' in state && state.QueryLanguage === 'JSONata') problems.push('JSONata is not run here');
  if (state.Type === 'Pass' && 'Result' in state && !state.Result)
    problems.push('a Result that is empty is not run here');
  if (state.Type === 'Task') problems.push(...problemsOfTask(state, functionNames));
  const own = JSON.stringify({ ...state, Comment: '', ItemProcessor: null, Iterator: null, Branches: null });
  if (/"\$\$"/.test(own)) problems.push('the whole context object ($$) is not given here');
  const isWaiting = lambdaCallOf(state)?.isWaiting === true;
  if (/\$\$\.Task\.Token/.test(own) && !isWaiting) problems.push('$$.Task.Token is for .waitForTaskToken alone');
  if (/\$\$\.State\.(EnteredTime|RetryCount)/.test(own) && state.Type !== 'Task') {
    problems.push('$$.State.EnteredTime and RetryCount are given to Tasks alone');
  }
  return problems;
}

function problemsOfTask(state: State, functionNames: readonly string[]): readonly string[] {
  const call = lambdaCallOf(state);
  if (call === undefined) return [`Resource ${state.Resource} with a FunctionName is not run here`];
  const isKnown = functionNames.includes(call.functionName);
  return isKnown ? [] : [`no function ${call.functionName} (there are: ${functionNames.join(', ')})`];
}
