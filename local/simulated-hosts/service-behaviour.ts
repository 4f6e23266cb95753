import { z } from 'zod';
import type { Evidence, HostFailure } from '../../core/model/host-report.ts';

/** How the code of a release behaves on a simulated host, which runs none of it. */
export const serviceBehaviourSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('well') }),
  /** pip finds no such package or, with `header`, cannot compile it. */
  z.object({ kind: z.literal('pip-failed'), requirement: z.string(), header: z.string().optional() }),
  /** The application cannot be loaded; `error` is the traceback's last line. */
  z.object({ kind: z.literal('app-load-failed'), error: z.string() }),
  z.object({ kind: z.literal('exits-at-start'), exitCode: z.number() }),
  /** Runs, and answers the health question with this; status 0 is no answer. */
  z.object({ kind: z.literal('unhealthy'), status: z.number(), body: z.string() }),
  /** Runs and answers, and dies after so long. */
  z.object({ kind: z.literal('dies'), afterSeconds: z.number() }),
  /** Its workers do, under a master that lives on. */
  z.object({ kind: z.literal('worker-dies'), afterSeconds: z.number() }),
]);
export type ServiceBehaviour = z.infer<typeof serviceBehaviourSchema>;

export const wellBehaved: ServiceBehaviour = { kind: 'well' };

/** What the gate sees of a service that does not behave: the checks that fail, and the evidence. */
export interface Symptoms {
  readonly failing: Readonly<Record<string, FailedCheck>>;
  readonly isActive: boolean;
  readonly evidence: Evidence;
}

export interface FailedCheck {
  readonly failure: HostFailure;
  readonly detail: string;
}

/** What of it shows within the gate's `stableSeconds`; a service that behaves until then shows nothing. */
export function symptomsOf(
  behaviour: ServiceBehaviour,
  healthUrl: string,
  stableSeconds: number,
): Symptoms | undefined {
  switch (behaviour.kind) {
    case 'well':
    case 'pip-failed':
      return undefined;
    case 'app-load-failed':
      return restarting(healthUrl, 22, [
        'Traceback (most recent call last):',
        '  File "payment.py", line 1, in <module>',
        behaviour.error,
        "unable to load app 0 (mountpoint='') (callable not found or import error)",
        '*** no app loaded. GAME OVER ***',
      ]);
    case 'exits-at-start':
      return restarting(healthUrl, behaviour.exitCode, [`simulated: exit code ${behaviour.exitCode} at start`]);
    case 'unhealthy':
      return unhealthy(behaviour.status, behaviour.body, healthUrl);
    case 'dies':
      return behaviour.afterSeconds > stableSeconds
        ? undefined
        : restarting(healthUrl, 9, [`simulated: killed after ${behaviour.afterSeconds} s`]);
    case 'worker-dies':
      return behaviour.afterSeconds > stableSeconds ? undefined : workersDied(behaviour.afterSeconds);
  }
}

function restarting(healthUrl: string, status: number, journal: readonly string[]): Symptoms {
  const how = `activating (auto-restart), result exit-code, last exit status ${status}`;
  return {
    isActive: false,
    failing: {
      active: { failure: 'not-stable', detail: how },
      stable: { failure: 'not-stable', detail: `the process that was started is not the one that runs now: ${how}` },
      http: { failure: 'http-failed', detail: `GET ${healthUrl} got no answer: Connection refused` },
    },
    evidence: {
      exitCode: status,
      systemd: {
        ActiveState: 'activating',
        SubState: 'auto-restart',
        Result: 'exit-code',
        ExecMainStatus: String(status),
        NRestarts: '1',
      },
      journal,
      http: { status: 0, body: 'Connection refused' },
    },
  };
}

function unhealthy(status: number, body: string, healthUrl: string): Symptoms {
  const seen = status === 0 ? `got no answer: ${body}` : `answered ${status}, not 200`;
  return {
    isActive: true,
    failing: { http: { failure: 'http-failed', detail: `GET ${healthUrl} ${seen}` } },
    evidence: {
      systemd: { ActiveState: 'active', SubState: 'running', Result: 'success', NRestarts: '0' },
      http: { status, body },
    },
  };
}

function workersDied(afterSeconds: number): Symptoms {
  return {
    isActive: true,
    failing: { workers: { failure: 'worker-deaths', detail: '3 uWSGI workers died since the start' } },
    evidence: {
      systemd: { ActiveState: 'active', SubState: 'running', Result: 'success', NRestarts: '0' },
      journal: [`DAMN ! worker 1 (pid: 1001) died after ${afterSeconds} s, killed by signal 11 :( trying respawn ...`],
    },
  };
}
