import type { BackEnd } from '../contract/back-end.ts';
import type { CapabilityTable } from '../contract/capabilities.ts';
import { createAwsBackEnd } from './aws-back-end.ts';
import type { Emulator } from './emulator.ts';

const noAgents = {
  why: 'only instances in containers have an agent; the others are records, which it refuses by name',
  instead: 'the embedded engine, and test/acceptance/aws-stack.test.ts with its own Run Command',
} as const;

export const miniStackCapabilities: CapabilityTable = {
  deleteMarkers: true,
  unversionedArtifacts: true,
  atomicReplace: true,
  atomicCreate: true,
  conditionalRemove: true,
  copyOnce: {
    why: 'CopyObject overwrites, whatever `If-None-Match` says',
    instead: 'the embedded engine; what the adapter makes of a 412: test/clients',
  },
  copyExactVersion: true,
  objectPages: true,
  instancePages: { why: 'DescribeInstances answers everything at once', instead: 'moto' },
  instanceZones: { why: 'every instance is in zone a', instead: 'moto' },
  literalTags: {
    why: 'a backslash before a wildcard is taken for a character',
    instead: 'the embedded engine; the filter that is sent: test/clients',
  },
  terminatedInstances: true,
  securityGroups: { why: 'its instances have no network interfaces', instead: 'moto' },
  instancePing: noAgents,
  documents: {
    why: 'it has no command documents',
    instead: 'the embedded engine, and test/acceptance/aws-stack.test.ts with its own Run Command',
  },
  sendCommand: noAgents,
  oneInstance: noAgents,
  commandOutput: noAgents,
  refuseInstance: true,
  cancelCommand: noAgents,
  executions: true,
  sameExecution: { why: 'every name that was used exists', instead: 'moto' },
  stopExecution: true,
  tokenOfStopped: { why: 'it takes such a token', instead: 'the embedded engine' },
  tokenOnce: true,
  causeOfFailure: true,
  selectors: true,
  alarms: true,
  hostReads: true,
};

export function miniStack(emulator: () => Emulator): BackEnd {
  return createAwsBackEnd({
    name: 'MiniStack',
    capabilities: miniStackCapabilities,
    endpoint: () => emulator().endpoint,
    accountId: '000000000000',
    imageId: 'ami-0abcdef1234567890',
    async reset() {
      await fetch(`${emulator().endpoint}/_ministack/reset`, { method: 'POST' });
    },
  });
}
