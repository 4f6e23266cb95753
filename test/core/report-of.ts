import { readFileSync } from 'node:fs';
import type { Evidence, HostCheck, HostFailure, HostReport } from '../../core/host/host-report.ts';

/** Lines as they were seen: of pip, and of the journal of a uWSGI that failed in that way. */
export function seen(name: string): readonly string[] {
  return readFileSync(`test/fixtures/evidence/${name}.txt`, 'utf8').trimEnd().split('\n');
}

export function reportOf(
  script: HostReport['script'],
  failure: HostFailure,
  message: string,
  more: { readonly evidence?: Evidence; readonly checks?: readonly HostCheck[] } = {},
): HostReport {
  return {
    schema: 1,
    script,
    service: 'payment',
    deploymentId: 'd-20261122-204500-1a2b3c',
    key: '0'.repeat(32),
    fence: 7,
    outcome: failure === 'late-refused' || failure === 'fence-refused' ? 'refused' : 'failed',
    replayed: false,
    failure,
    message,
    startedAtSeconds: 1_795_380_300,
    finishedAtSeconds: 1_795_380_310,
    host: { running: 'v41-aaaaaaaaaaaa', isActive: true, isHealthy: null, mainPid: 812, fence: 7 },
    ...more,
  };
}

export function check(name: string, failure: HostFailure, detail: string): HostCheck {
  return { name, isOk: false, failure, detail };
}
