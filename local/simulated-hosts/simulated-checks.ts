import type { HostCheck, HostFailure } from '../../core/model/host-report.ts';
import { simulatedSentence } from './script-run.ts';
import type { FailedCheck } from './service-behaviour.ts';
import type { SimulatedRelease } from './simulated-state.ts';

/** The check that tells of a failure: `http`, `upstream:`, … and `active` for whatever has no check of its own. */
export function checkOfFailure(failure: HostFailure): string {
  switch (failure) {
    case 'http-failed':
      return 'http';
    case 'not-stable':
      return 'stable';
    case 'journal-pattern':
      return 'journal';
    case 'worker-deaths':
      return 'workers';
    case 'upstream-unreachable':
    case 'upstream-refused':
    case 'name-unresolved':
      return 'upstream:';
    case 'amqp-auth-failed':
    case 'amqp-access-refused':
      return 'amqp:';
    default:
      return 'active';
  }
}

/** These checks, with those that a fault or a symptom concerns failed; failed ones first, as in a real report. */
export function checksOf(
  well: readonly HostCheck[],
  reportOnly: readonly string[],
  fault: HostFailure | undefined,
  failing: Readonly<Record<string, FailedCheck>> = {},
): readonly HostCheck[] {
  const faulty = fault === undefined ? undefined : well.find((check) => check.name.startsWith(checkOfFailure(fault)));
  const checks = well.map((check): HostCheck => {
    if (check === faulty && fault !== undefined) return failedCheck(check.name, fault, addressIn(check.detail));
    const symptom = failing[check.name];
    return symptom === undefined ? check : { name: check.name, isOk: false, ...symptom };
  });
  // A service without such an upstream has no such check: the fault is told all the same.
  if (fault !== undefined && faulty === undefined) checks.push(failedCheck(`${checkOfFailure(fault)}simulated`, fault));
  const marked = checks.map((check) => (reportOnly.includes(check.name) ? { ...check, isReportOnly: true } : check));
  return marked.sort((one, other) => Number(one.isOk) - Number(other.isOk) || (one.name < other.name ? -1 : 1));
}

export function upstreamCheck(upstream: SimulatedRelease['upstreams'][number]): HostCheck {
  return { name: upstream.check, isOk: true, detail: `${upstream.address} takes connections (simulated)` };
}

function failedCheck(name: string, failure: HostFailure, address?: string): HostCheck {
  const isSilent = failure === 'upstream-unreachable' && address !== undefined;
  const detail = isSilent ? `${address}: no answer within 3 s (simulated)` : simulatedSentence(failure);
  return { name, isOk: false, failure, detail };
}

/** `10.213.77.21:8080` of what upstreamCheck says. */
function addressIn(detail: string): string | undefined {
  return /^\S+:\d+(?= takes connections)/.exec(detail)?.[0];
}
