import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import type { Ports } from '../../clients/ports.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import { withCallSignal } from './call-signal.ts';
import { writeLine } from './log.ts';
import { ports } from './ports.ts';

/** What a step of the machine or an event handler is: a plain function of its parsed input and the ports. */
export type Run<Input, Output> = (input: Input, ports: Ports) => Promise<Output>;

/** The Lambda's entry as the runtime, the engine and the tests call it. */
export type Handler = (event: unknown, context?: Context) => Promise<unknown>;

/**
 * Milliseconds before Lambda would kill the function at which it ends by itself: its requests are aborted, and the state
 * machine learns it under a name that it retries, with a sentence. Without a Lambda's context there is no such end.
 */
const timeoutEarlyInMillis = 1000;

function endEarly(name: string): never {
  throw new TransientAwsError(
    `${name} did not end within the time of its function; what it had asked of AWS may have happened, and trying again is safe`,
  );
}

/**
 * Wraps `run` for Lambda: the input is parsed first, one structured line goes in and one out, never the payload. An
 * error is logged and thrown on unchanged: its name is the contract with the state machine, and a response here would
 * make a failed step look successful.
 */
export function toHandler<Schema extends z.ZodType, Output>(
  name: string,
  schema: Schema,
  run: Run<z.output<Schema>, Output>,
): Handler {
  const wrapped = middy<unknown, Output>({ timeoutEarlyInMillis, timeoutEarlyResponse: () => endEarly(name) })
    .use(parseInput(schema))
    .use(logLines(name))
    .handler((event, _context, { signal }) =>
      // An async function: what its aborted requests make of the work comes later than the early end, which so stands.
      withCallSignal(signal, async () => run(event as z.output<Schema>, ports())),
    );
  return (event, context) => wrapped(event, context ?? ({} as Context)) as Promise<unknown>;
}

function parseInput(schema: z.ZodType): middy.MiddlewareObj<unknown, unknown> {
  return {
    before: (request) => {
      request.event = schema.parse(request.event);
    },
  };
}

function logLines(name: string): middy.MiddlewareObj<unknown, unknown> {
  return {
    before: (request) => writeLine('info', { function: name, at: 'in', ...identityOf(request.event) }),
    after: (request) => writeLine('info', { function: name, at: 'out', ...identityOf(request.event) }),
    onError: (request) => {
      const error = request.error;
      const problem = error instanceof Error ? { error: error.name, message: error.message } : { error: 'unknown' };
      writeLine('error', { function: name, at: 'error', ...identityOf(request.event), ...problem });
    },
  };
}

/** The ids worth searching a log for; nothing else of the payload is written. */
function identityOf(event: unknown): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const collect = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const key of ['deploymentId', 'instanceId', 'action', 'round', 'executionArn']) {
        const id = (value as Readonly<Record<string, unknown>>)[key];
        if (typeof id === 'string' || typeof id === 'number') {
          found[key] = id;
        }
      }
    }
  };
  collect((event as { state?: unknown } | null)?.state);
  collect(event);
  return found;
}
