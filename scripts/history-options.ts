import { parseArgs } from 'node:util';

export interface HistoryOptions {
  /** The seeds to play, in this order. */
  readonly first: number;
  readonly count: number;
  /** One history is played alone, and told from beginning to end. */
  readonly isAlone: boolean;
  readonly isJson: boolean;
}

export const historiesHelp = `Plays random histories of deployments on simulated hosts with a virtual clock, and checks what Rollgate promises.

usage: npm run histories -- [--seeds N] [--from N] [--seed N] [--json]

  --seeds N   so many histories (300)
  --from N    the seed of the first one (1)
  --seed N    this history alone; tells everything that happened in it
  --json      the results as JSON on stdout
  --help      this text

Ctrl-C ends it after the history that is being played.
Exit code: 0 every promise was kept, 1 one was broken, 2 wrong usage, 130 stopped before the last history.
`;

export type ParsedHistories =
  | { readonly kind: 'run'; readonly options: HistoryOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Seeds are of 32 bits. */
const maxSeed = 2 ** 32 - 1;
const maxSeeds = 1_000_000;

/** Reads the arguments of `npm run histories`. */
export function parseHistoryOptions(args: readonly string[]): ParsedHistories {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.seed !== undefined && (values.seeds !== undefined || values.from !== undefined)) {
      return { kind: 'wrong', problem: '--seed: plays one history alone; leave --seeds and --from out' };
    }
    const first = wholeNumber('--seed', values.seed, maxSeed) ?? wholeNumber('--from', values.from, maxSeed) ?? 1;
    const count = values.seed === undefined ? (wholeNumber('--seeds', values.seeds, maxSeeds) ?? 300) : 1;
    return {
      kind: 'run',
      options: { first, count, isAlone: values.seed !== undefined, isJson: values.json },
    };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws RangeError with the name of the option. */
function wholeNumber(option: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new RangeError(`${option}: ${JSON.stringify(text)} is not a whole number from 1 to ${max}`);
  }
  return value;
}
