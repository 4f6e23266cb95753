/** What a back end can show of the ports' promises; `true` of all of them is AWS. */
export const capabilities = {
  deleteMarkers: 'an artifact that was deleted, and versions deleted for good',
  unversionedArtifacts: 'an artifact bucket without versions',
  atomicReplace: 'of many who replace the same version at once, one wins (`If-Match`)',
  atomicCreate: 'of many who create the same key at once, one wins (`If-None-Match`)',
  conditionalRemove: 'an object that changed since it was read is not removed (`If-Match` of DeleteObject)',
  pages: 'more keys, versions and instances than one answer holds',
  terminatedInstances: 'instances that were terminated',
  instancePing: "whether an instance's agent answers",
  documents: 'names, versions and hashes of the command documents',
  sendCommand: 'a command that is taken, looked up and found by its comment',
  commandOutput: 'a document that runs: exit code and output',
  refuseInstance: 'an instance that SSM refuses at the call (`InvalidInstanceId`)',
  cancelCommand: 'CancelCommand',
  runExecutions: 'executions that run and end',
  executionNames: 'a name that was used before',
  stopExecution: 'an execution that is stopped',
  taskTokens: 'tasks that wait for their token',
  goneTokens: 'the token of a task that is gone is refused by name',
  hostParameters: 'secrets as the hosts read them, at their newest or at a pinned version',
  hostObjects: 'objects of the state bucket as the hosts read them',
} as const;

export type Capability = keyof typeof capabilities;

/** Why a back end can't show it, and where it is proven instead. */
export interface Gap {
  readonly why: string;
  readonly instead: string;
  /** Its tests might pass by luck: they are left out. Else they are run, and have to fail: a gap that closed is told. */
  readonly isLeftOut?: true;
}

export type CapabilityTable = Readonly<Record<Capability, true | Gap>>;
