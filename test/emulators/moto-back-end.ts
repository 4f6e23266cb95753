import type { BackEnd } from '../contract/back-end.ts';
import type { CapabilityTable } from '../contract/capabilities.ts';
import { createAwsBackEnd } from './aws-back-end.ts';
import type { Emulator } from './emulator.ts';

const noLock = {
  why: 'it checks the condition and writes without a lock in between',
  instead: 'MiniStack and the embedded engine',
  isLeftOut: true,
} as const;
const noAgents = {
  why: 'every command succeeds at once on whatever it is sent to, without output, and can not be cancelled',
  instead: 'the embedded engine, and test/acceptance/aws-stack.test.ts with its own Run Command',
} as const;

export const motoCapabilities: CapabilityTable = {
  deleteMarkers: true,
  unversionedArtifacts: true,
  atomicReplace: noLock,
  atomicCreate: noLock,
  conditionalRemove: true,
  copyOnce: {
    why: 'CopyObject overwrites, whatever `If-None-Match` says',
    instead: 'the embedded engine; what the adapter makes of a 412: test/clients',
  },
  copyExactVersion: {
    why: 'CopyObject takes the newest version in place of one that is gone',
    instead: 'MiniStack',
  },
  objectPages: true,
  instancePages: true,
  instanceZones: true,
  literalTags: {
    why: 'a backslash before a wildcard is taken for a character',
    instead: 'the embedded engine; the filter that is sent: test/clients',
  },
  terminatedInstances: true,
  securityGroups: true,
  instancePing: {
    why: 'it has no DescribeInstanceInformation; the tests put an empty answer in its place',
    instead: 'the embedded engine, and test/acceptance/aws-stack.test.ts with its own Run Command',
  },
  documents: true,
  sendCommand: true,
  oneInstance: { why: 'every command goes to every instance', instead: 'the embedded engine' },
  commandOutput: noAgents,
  refuseInstance: noAgents,
  cancelCommand: noAgents,
  executions: true,
  sameExecution: true,
  stopExecution: { why: 'an execution that waits for a token goes on', instead: 'MiniStack and the embedded engine' },
  tokenOfStopped: { why: 'it takes such a token', instead: 'the embedded engine' },
  tokenOnce: { why: 'SendTaskFailure takes any token', instead: 'MiniStack and the embedded engine' },
  causeOfFailure: { why: 'it keeps the error only', instead: 'MiniStack and the embedded engine' },
  selectors: {
    why: 'it repeats the name only, so two versions of a parameter can not be told apart',
    instead: 'MiniStack and the embedded engine',
    isLeftOut: true,
  },
  alarms: true,
  hostReads: true,
};

export function moto(emulator: () => Emulator): BackEnd {
  return createAwsBackEnd({
    name: 'moto',
    capabilities: motoCapabilities,
    endpoint: () => emulator().endpoint,
    accountId: '123456789012',
    imageId: 'ami-0abcdef1234567890',
    async reset() {
      await fetch(`${emulator().endpoint}/moto-api/reset`, { method: 'POST' });
    },
    answer: ({ target }) =>
      target === 'AmazonSSM.DescribeInstanceInformation' ? { InstanceInformationList: [] } : undefined,
  });
}
