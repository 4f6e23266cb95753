import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly hosts: 'auto' | 'nspawn' | 'simulated';
  readonly isFresh: boolean;
  /** Stays up after the deployment also without a terminal. */
  readonly isStaying: boolean;
  readonly isJson: boolean;
}

export const startHelp = `Brings up the embedded engine with three hosts, deploys the sample payment service and shows it.

usage: npm start -- [options]

  --fresh            start anew: forget hosts, releases and deployments of earlier runs
  --stay             stay up afterwards also where there is no terminal
  --hosts KIND       nspawn (real systemd hosts) or simulated; else real ones where they can run
  --json             print the deployment as JSON at the end
  --help             this text

ROLLGATE_STATE names the folder where everything is kept (.rollgate), for the engine and for rollgate alike.
With a terminal it stays up until Ctrl-C; without one it exits with the exit code of the deployment.
`;

export type ParsedStart =
  | { readonly kind: 'run'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads the arguments of `npm start`. */
export function parseStartOptions(args: readonly string[]): ParsedStart {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        stay: { type: 'boolean', default: false },
        hosts: { type: 'string', default: 'auto' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      return { kind: 'help' };
    }
    const { hosts } = values;
    if (hosts !== 'auto' && hosts !== 'nspawn' && hosts !== 'simulated') {
      return { kind: 'wrong', problem: `--hosts: ${hosts} is neither nspawn nor simulated` };
    }
    return {
      kind: 'run',
      options: {
        hosts,
        isFresh: values.fresh,
        isStaying: values.stay,
        isJson: values.json,
      },
    };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}
