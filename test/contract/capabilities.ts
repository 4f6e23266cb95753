/** What a back end can show of the ports' promises; `true` of all of them is AWS. */
export const capabilities = {
  deleteMarkers: 'an artifact that was deleted, and versions deleted for good',
  unversionedArtifacts: 'an artifact bucket without versions',
  atomicReplace: 'of many who replace the same version at once, one wins (`If-Match`)',
  atomicCreate: 'of many who create the same key at once, one wins (`If-None-Match`)',
  conditionalRemove: 'an object that changed since it was read is not removed (`If-Match` of DeleteObject)',
  copyOnce: 'a copy that is there stays (`If-None-Match` of CopyObject)',
  copyExactVersion: 'a version that is gone is not copied',
  objectPages: 'more keys and versions than one answer holds',
  instancePages: 'more instances than one answer holds',
  instanceZones: 'instances in several zones',
  literalTags: 'a tag value with a wildcard is taken by the letter',
  terminatedInstances: 'instances that were terminated',
  instancePing: "whether an instance's agent answers",
  securityGroups: 'network interfaces by instance and by address, with the rules of their security groups',
  documents: 'names, versions and hashes of the command documents',
  sendCommand: 'a command that is taken, looked up and found by its comment',
  oneInstance: 'a command goes to its own instance only',
  commandOutput: 'a document that runs: exit code and output',
  refuseInstance: 'an instance that SSM refuses at the call (`InvalidInstanceId`)',
  cancelCommand: 'CancelCommand',
  executions: 'executions that run, wait for a token, and end',
  sameExecution: 'the same name and input once more is the running execution',
  stopExecution: 'an execution that is stopped',
  tokenOfStopped: 'the token of a stopped execution is gone',
  tokenOnce: 'a token that was answered is gone',
  causeOfFailure: 'the cause that a task was failed with',
  targetPorts: 'two ports of one instance as two targets of a group',
  selectors: 'the answer about a parameter repeats its selector (`:3`)',
  alarms: 'CloudWatch alarms and their states',
  hostReads: 'secrets and objects as the hosts read them',
} as const;

export type Capability = keyof typeof capabilities;

/** Why a back end can't show it, and where it is proven instead. */
interface Gap {
  readonly why: string;
  readonly instead: string;
  /** Its tests might pass by luck: they are left out. Else they are run, and have to fail: a gap that closed is told. */
  readonly isLeftOut?: true;
}

export type CapabilityTable = Readonly<Record<Capability, true | Gap>>;
