import { parameterPatterns } from '../../core/host/parameter-patterns.ts';
import { type HostDocument, hostDocuments } from '../../core/model/statuses.ts';

/** The execution timeouts of the documents in infra/documents. */
const timeoutSeconds: Readonly<Record<HostDocument, number>> = {
  install: 1800,
  activate: 1860,
  verify: 7260,
  settle: 60,
  inspect: 120,
};

/** Documents with the parameters of the real ones and no script: simulated hosts run none. */
export function commandDocuments(): Readonly<Record<HostDocument, string>> {
  return Object.fromEntries(hostDocuments.map((kind) => [kind, documentOf(kind)])) as Record<HostDocument, string>;
}

function documentOf(kind: HostDocument): string {
  const parameters = Object.entries(parameterPatterns[kind]).map(
    ([name, allowedPattern]) => [name, { type: 'String', allowedPattern }] as const,
  );
  return JSON.stringify({
    schemaVersion: '2.2',
    parameters: Object.fromEntries(parameters),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: kind,
        inputs: { timeoutSeconds: String(timeoutSeconds[kind]), runCommand: ['#!/bin/bash', 'true'] },
      },
    ],
  });
}
