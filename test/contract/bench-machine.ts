/**
 * The state machine that every bench has: by `outcome` of its input it succeeds, fails, or waits in a task that tells its
 * token in the way of that back end.
 */
export function benchMachine<Parameters>(wait: { readonly Resource: string; readonly Parameters: Parameters }) {
  return {
    StartAt: 'Choose',
    States: {
      Choose: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.outcome', StringEquals: 'wait', Next: 'Wait' },
          { Variable: '$.outcome', StringEquals: 'fail', Next: 'Failed' },
        ],
        Default: 'Succeeded',
      },
      Wait: { Type: 'Task', ...wait, End: true },
      Succeeded: { Type: 'Succeed' },
      Failed: { Type: 'Fail', Error: 'GateFailedError', Cause: 'a host did not answer' },
    },
  } as const;
}
