import { readFileSync } from 'node:fs';
import type { Evidence, HostCheck, HostFailure, HostReport } from '../../core/model/host-report.ts';
import { hostReport } from '../given/host-reports.ts';

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
  return hostReport(script, 'v41-aaaaaaaaaaaa', {
    outcome: failure === 'late-refused' || failure === 'fence-refused' ? 'refused' : 'failed',
    failure,
    message,
    host: { isHealthy: null },
    ...more,
  });
}

export function check(name: string, failure: HostFailure, detail: string): HostCheck {
  return { name, isOk: false, failure, detail };
}
