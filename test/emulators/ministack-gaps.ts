/** What MiniStack does otherwise than AWS, beside the ports, and where the promise is proven instead. */
export interface EmulatorGap {
  /** Of AWS. */
  readonly promise: string;
  readonly instead: string;
  /** What MiniStack does. */
  readonly found: string;
}

export const miniStackGaps = {
  heartbeat: {
    promise: 'a task without a heartbeat ends with `States.HeartbeatTimeout` (`HeartbeatSeconds`)',
    found: 'it waits on',
    instead: 'test/local/state-machine/waiting.test.ts, test/machine',
  },
  timeoutPath: {
    promise: 'a task ends with `States.Timeout` after the seconds that its input names (`TimeoutSecondsPath`)',
    found: 'it waits on; `TimeoutSeconds` counts',
    instead: 'test/local/state-machine/waiting.test.ts, test/machine',
  },
  machineTimeout: {
    promise: 'an execution ends `TIMED_OUT` at the `TimeoutSeconds` of its machine',
    found: 'it runs on',
    instead: 'test/local/state-machine/tasks.test.ts',
  },
  redrive: {
    promise: 'RedriveExecution goes on from where a failed execution stopped',
    found: 'the call is not known',
    instead: 'what a redriven execution finds: `LockLostError` in test/functions and test/machine/stories',
  },
  mapChildren: {
    promise: 'each item of a Distributed Map runs in an execution of its own',
    found: 'they run inside their parent',
    instead: 'no state inside a Map reads `$$.Execution`: test/state-machine/rollout.test.ts',
  },
  mapFailure: {
    promise: 'a Map whose item failed starts no further item',
    found: 'the others run all the same',
    instead: 'test/local/state-machine/maps.test.ts',
  },
  stateSize: {
    promise: 'a state above 256 KiB ends its execution (`States.DataLimitExceeded`)',
    found: 'no limit',
    instead: 'test/local/state-machine/tasks.test.ts',
  },
  documentResource: {
    promise: 'a stack makes command documents (`AWS::SSM::Document`)',
    found: 'the template is refused',
    instead: 'test/infra/documents; the acceptance story keeps the documents beside the emulator',
  },
  instanceEvents: {
    promise: 'an instance that starts running is told to EventBridge',
    found: 'no event',
    instead: 'the handler of the event: test/functions',
  },
  uploadVersion: {
    promise: 'the event of an upload names its version (`version-id`)',
    found: 'it names none',
    instead: 'test/functions/on-artifact-uploaded.test.ts, and the events of the embedded engine',
  },
  deadLetters: {
    promise: 'an event that its target never took is kept in the dead-letter queue of its rule',
    found: 'it is gone',
    instead: 'nowhere; that every rule and function names its queue: test/infra/stack.test.ts',
  },
  metricFilters: {
    promise: 'a line in a log counts in the metric of its filter, and the metric raises an alarm',
    found: 'filters are kept, and count nothing',
    instead: 'nowhere; that the line is written as the filter reads it: test/functions/finish-deployment.test.ts',
  },
  policies: {
    promise: 'calls that a policy does not allow, or forbids, are denied',
    found: 'everything is allowed, unless it is started with `AUTH=true` as the acceptance story does',
    instead: 'test/acceptance/aws-stack.test.ts, and the policies held against the calls in test/infra',
  },
} as const satisfies Readonly<Record<string, EmulatorGap>>;
