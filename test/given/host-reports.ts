import type { HostInspection } from '../../core/model/host-inspection.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import { deploymentId } from './deployment.ts';

/** What a host prints that did as it was asked, and runs this well. */
export function hostReport(
  script: HostReport['script'],
  running: string,
  { host, ...more }: Partial<Omit<HostReport, 'host'>> & { readonly host?: Partial<HostReport['host']> } = {},
): HostReport {
  const fence = more.fence ?? 1;
  return {
    schema: 1,
    script,
    service: 'payment',
    deploymentId,
    key: `${script}-1`,
    fence,
    outcome: 'done',
    replayed: false,
    message: 'as asked',
    startedAtSeconds: 1_795_380_300,
    finishedAtSeconds: 1_795_380_310,
    host: { running, isActive: true, isHealthy: true, mainPid: 812, fence, ...host },
    ...more,
  };
}

/** What a host answers to `inspect` that runs this, as it was recorded. */
export function hostInspection(running: string, more: Partial<HostInspection> = {}): HostInspection {
  return {
    schema: 1,
    script: 'inspect',
    service: 'payment',
    running,
    isActive: true,
    atSeconds: 1_795_380_300,
    findings: [],
    more: {},
    ...more,
  };
}
