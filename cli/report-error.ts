import { exitCodeOf, InvalidDeploymentError } from '../core/model/errors.ts';
import { CliError } from './cli-error.ts';
import { asTyped, type Calling, nextLine } from './print.ts';

export interface ErrorReport {
  /** `error: …`, one line for each problem, and `next: …`. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** What is said of a thrown value; its stack only where asked for. */
export function reportError(error: unknown, options: Calling & { readonly isVerbose: boolean }): ErrorReport {
  const cause = error instanceof CliError && error.cause !== undefined ? error.cause : error;
  return {
    lines: [
      ...problemsOf(error).map((problem) => `error: ${asTyped(problem, options)}`),
      nextLine(nextOf(error), options),
      ...(options.isVerbose ? stackOf(cause) : []),
    ],
    exitCode: error instanceof CliError ? error.exitCode : exitCodeOf(error),
  };
}

/** Where an error came from, and what is behind it: what a library or the system said. */
function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) {
    return [];
  }
  const own = (error.stack ?? `${error.name}: ${error.message}`).split('\n');
  const [first = '', ...rest] = stackOf(error.cause);
  return first === '' ? own : [...own, `caused by ${first}`, ...rest];
}

/** Says what to type next about an InvalidDeploymentError of this work; other errors pass. */
export async function withNext<T>(next: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidDeploymentError || isInvalid(error)) {
      throw new CliError(problemsOf(error).join('\n'), next, exitCodeOf(error), { cause: error });
    }
    throw error;
  }
}

/** An error that came over the engine's socket has the name, not the class. */
function isInvalid(error: unknown): error is Error {
  return error instanceof Error && error.name === 'InvalidDeploymentError';
}

function problemsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) {
    return [String(error)];
  }
  const lines = error.message.split('\n').filter((line) => line.trim() !== '');
  const known = error instanceof CliError || exitCodeOf(error) !== 1 || ownNextStep(error) !== undefined;
  return known && lines.length > 0 ? lines : [`${error.name}: ${lines.join(' ')}`];
}

function nextOf(error: unknown): string {
  const own = error instanceof CliError ? error.next : ownNextStep(error);
  if (own !== undefined) {
    return own;
  }
  switch (error instanceof Error ? error.name : '') {
    case 'InvalidDeploymentError':
      return 'rollgate plan';
    case 'DeploymentLockedError':
    case 'LockLostError':
      return 'rollgate status';
    case 'TransientAwsError':
      return 'the same again in a minute';
    default:
      return 'the same again with --verbose; this is a bug';
  }
}

/** Errors of the engine's socket bring their own next step. */
function ownNextStep(error: unknown): string | undefined {
  const isTold = error instanceof Error && 'nextStep' in error && typeof error.nextStep === 'string';
  return isTold ? String(error.nextStep) : undefined;
}
