import type { HostReport } from '../../core/model/host-report.ts';
import type { DocumentKind } from '../../core/model/statuses.ts';
import type { AgentResult, HostAgent } from '../run-command/host-agent.ts';
import type { SimulatedHost } from './simulated-host.ts';

/** Exit codes of the scripts. */
const exitCodes: Readonly<Record<HostReport['outcome'], number>> = { done: 0, failed: 10, refused: 20 };
const exitCodeOfBrokenScript = 70;

/** Puts a simulated host behind Run Command: documents are known by the kind that ends their name. */
export function createSimulatedAgent(host: SimulatedHost): HostAgent {
  return {
    instanceId: host.instanceId,
    isOnline: () => host.isRunning(),
    async run(job, cancel) {
      if (job.document.name.endsWith('-inspect')) {
        const inspection = host.inspect(job.parameters['service']?.[0] ?? '');
        return finished('Success', 0, `${JSON.stringify(inspection)}\n`, '');
      }
      const kind = kindOf(job.document.name);
      if (kind === undefined) return finished('Failed', 1, '', `simulated hosts do not know ${job.document.name}`);
      const parameters = Object.entries(job.parameters).map(([name, value]) => [name, value[0] ?? ''] as const);
      const run = await host.run(kind, Object.fromEntries(parameters), cancel);
      switch (run.kind) {
        case 'lost':
          return { kind: 'lost' };
        case 'timed-out':
          return finished('TimedOut', 137, '', '');
        case 'cancelled':
          return finished('Cancelled', 137, '', '');
        case 'no-report':
          return finished('Failed', exitCodeOfBrokenScript, '', 'simulated: the script ended without a report');
        case 'reported': {
          const { report } = run;
          const code = report.replayed && report.outcome !== 'done' ? exitCodes.failed : exitCodes[report.outcome];
          return finished(code === 0 ? 'Success' : 'Failed', code, `${JSON.stringify(report)}\n`, report.message);
        }
      }
    },
  };
}

function kindOf(documentName: string): DocumentKind | undefined {
  return (['install', 'activate', 'verify', 'settle'] as const).find((kind) => documentName.endsWith(`-${kind}`));
}

function finished(
  status: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled',
  responseCode: number,
  stdout: string,
  stderr: string,
): AgentResult {
  return { kind: 'finished', status, responseCode, stdout, stderr, steps: [] };
}
