import type { ExecutionInfo } from '../../clients/ports.ts';
import type { LocalExecutions } from '../../local/state-machine/executions.ts';
import type { Pace } from './pace.ts';
import type { StateBucket } from './state-bucket.ts';
import { readStory, type Story } from './story.ts';

/** Executions as tests start them, wait for their end and read what they did. */
export interface ExecutionStories {
  /** Starts an execution with what a person types. */
  start(input?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts one and waits for its end. */
  deploy(input?: Readonly<Record<string, unknown>>): Promise<Story>;
  /** Until this execution has ended and nothing is going on at this instant. */
  ended(executionArn: string): Promise<Story>;
  /** Until no execution runs, and what they left has been answered. */
  rest(): Promise<void>;
  story(executionArn: string): Promise<Story>;
  /** Of the execution that was started last. */
  lastStory(): Promise<Story>;
  /** Every execution, oldest first. */
  all(): Promise<readonly ExecutionInfo[]>;
}

/** `started`: the ARNs of all executions, oldest first; `before`: how many a person had started in an earlier world. */
export function createExecutionStories(
  executions: LocalExecutions,
  started: readonly string[],
  bucket: StateBucket,
  pace: Pace,
  before = 0,
): ExecutionStories {
  let persons = before;

  const story = (executionArn: string): Promise<Story> => readStory(executions, bucket, executionArn);

  async function all(): Promise<readonly ExecutionInfo[]> {
    const infos = await Promise.all(started.map((executionArn) => executions.describe(executionArn)));
    return infos.filter((info) => info !== undefined);
  }

  async function start(input: Readonly<Record<string, unknown>> = {}): Promise<string> {
    persons += 1;
    return (await executions.start(`person-${persons}`, input)).executionArn;
  }

  async function ended(executionArn: string): Promise<Story> {
    const hasEnded = async (): Promise<boolean> => (await executions.describe(executionArn))?.status !== 'RUNNING';
    await pace.until(hasEnded, `${executionArn} has ended`);
    return story(executionArn);
  }

  return {
    start,
    deploy: async (input) => ended(await start(input)),
    ended,
    async rest() {
      const isAtRest = async (): Promise<boolean> => (await all()).every((info) => info.status !== 'RUNNING');
      await pace.until(isAtRest, 'every execution has ended');
    },
    story,
    lastStory: async () => story((await all()).at(-1)?.executionArn ?? ''),
    all,
  };
}
