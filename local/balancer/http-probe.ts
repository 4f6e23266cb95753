import type { Target } from '../../clients/ports.ts';
import type { Probe, ProbeAnswer } from './target-group.ts';

export interface HttpProbeOptions {
  /** Undefined where nobody knows the instance. */
  readonly addressOf: (instanceId: string) => string | undefined;
  readonly path: string;
  readonly timeoutMilliseconds: number;
}

/** A health check over HTTP, as ELB makes it: 200 within the time is healthy. */
export function createHttpProbe({ addressOf, path, timeoutMilliseconds }: HttpProbeOptions): Probe {
  return async ({ instanceId, port }: Target): Promise<ProbeAnswer> => {
    const address = addressOf(instanceId);
    if (address === undefined) return failed('Target.FailedHealthChecks', 'Health checks failed');
    try {
      const response = await fetch(`http://${address}:${port}${path}`, {
        signal: AbortSignal.timeout(timeoutMilliseconds),
        headers: { 'user-agent': 'ELB-HealthChecker/2.0 (simulated load balancer)', connection: 'close' },
      });
      await response.arrayBuffer();
      return response.status === 200
        ? { isOk: true }
        : failed('Target.ResponseCodeMismatch', `Health checks failed with these codes: [${response.status}]`);
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError'
        ? failed('Target.Timeout', 'Request timed out')
        : failed('Target.FailedHealthChecks', 'Health checks failed');
    }
  };
}

function failed(reason: Extract<ProbeAnswer, { readonly isOk: false }>['reason'], description: string): ProbeAnswer {
  return { isOk: false, reason, description };
}
