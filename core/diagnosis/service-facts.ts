import type { Evidence, HostReport } from '../model/host-report.ts';
import type { HostConfiguration } from '../model/release-manifest.ts';
import { type JournalFacts, readJournal } from './journal-facts.ts';

/** What the diagnosis of a service that is not well starts from. */
export interface ServiceFacts {
  readonly report: HostReport;
  readonly configuration: HostConfiguration | undefined;
  /** `name==version` of the release's virtualenv, where known. */
  readonly packages: readonly string[] | undefined;
}

/** The same, with the journal read. */
export interface ReadFacts extends ServiceFacts {
  readonly evidence: Evidence;
  readonly journal: JournalFacts;
  readonly service: string;
  readonly file: string;
}

/** Reads the journal once for all that look at it. */
export function readFacts(facts: ServiceFacts): ReadFacts {
  const service = facts.report.service;
  const evidence = facts.report.evidence ?? {};
  return { ...facts, evidence, journal: readJournal(evidence.journal ?? []), service, file: `services/${service}.yml` };
}
