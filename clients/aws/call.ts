import { toKnownError } from './aws-errors.ts';

/** What every request to AWS is sent with. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * Sends one request: with the signal of the work at hand, its error in our words. `action` is as IAM spells it, `resource`
 * what a person knows it by. What the answer's body has to say is read inside `send`, since it can break off as well.
 */
export type Call = <Output>(
  action: string,
  resource: string,
  send: (options: CallOptions) => Promise<Output>,
) => Promise<Output>;

/** A `Call` whose requests end with the signal that is in force when they are sent. */
export function createCall(signal: () => AbortSignal | undefined): Call {
  return async (action, resource, send) => {
    const abortSignal = signal();
    try {
      return await send(abortSignal === undefined ? {} : { abortSignal });
    } catch (error) {
      throw toKnownError(action, resource, error);
    }
  };
}
