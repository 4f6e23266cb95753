import { request } from 'node:http';

/** What one round of asking all hosts at the same moment saw. */
interface ProbeRound {
  readonly at: number;
  /** Names of the hosts that did not answer 200 in time. */
  readonly silent: readonly string[];
}

export interface AvailabilityProbe {
  /** Ends the probe; all rounds so far. */
  stop(): Promise<readonly ProbeRound[]>;
}

/** Asks every host for /health at the same moment, every 100 ms, until it is stopped. */
export function probeAvailability(
  addresses: Readonly<Record<string, string>>,
  everyMilliseconds = 100,
): AvailabilityProbe {
  const rounds: Promise<ProbeRound>[] = [];
  const ask = async (): Promise<ProbeRound> => {
    const at = Date.now();
    const answers = await Promise.all(
      Object.entries(addresses).map(async ([name, address]) => ((await isHealthy(address)) ? [] : [name])),
    );
    return { at, silent: answers.flat() };
  };
  const timer = setInterval(() => rounds.push(ask()), everyMilliseconds);
  return {
    async stop() {
      clearInterval(timer);
      return Promise.all(rounds);
    },
  };
}

/**
 * Whether the service answers 200 on /health. One that is down refuses the connection at once; one that is slow to answer,
 * because the machine is busy, is not down.
 */
export function isHealthy(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: address, port: 8080, path: '/health', timeout: 10_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
