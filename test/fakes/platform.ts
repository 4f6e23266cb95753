import type { ArtifactVersion, Ports } from '../../clients/ports.ts';
import type { DocumentKind } from '../../core/model/statuses.ts';
import { type AlarmStore, createAlarmStore } from '../../local/alarms/alarm-store.ts';
import { instanceRunning } from '../../local/engine/instance-running.ts';
import { objectCreated } from '../../local/ledger/object-created.ts';
import { type CommandFaultQueue, createCommandFaultQueue } from '../../local/run-command/command-faults.ts';
import { createLocalCommands } from '../../local/run-command/local-commands.ts';
import type { Definition } from '../../local/state-machine/definition.ts';
import { createExecutions, type LocalExecutions } from '../../local/state-machine/executions.ts';
import type { TransitionEvent } from '../../local/state-machine/visits.ts';
import { nameOf } from '../given/hosts.ts';
import { type ArtifactBucket, createArtifactBucket } from './artifact-bucket.ts';
import { commandDocuments } from './command-documents.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';
import type { Pace } from './pace.ts';
import { createSecurityGroups, type GivenSecurityGroups } from './security-groups.ts';
import { createSimulatedGroup, type GivenGroup } from './simulated-group.ts';
import { createSimulatedTarget, type SimulatedTarget } from './simulated-target.ts';
import { createStateBucket, type StateBucket } from './state-bucket.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorldPast } from './world-past.ts';

export interface PlatformOptions {
  /** `abc`: three hosts of these names. */
  readonly hosts: string;
  /** Hosts that are not there yet. */
  readonly later: string;
  /** What runs on them before Rollgate. */
  readonly running: 'none' | 'v0';
  readonly maxUnavailable: number;
  /** How long documents take on the hosts, where not as usual. */
  readonly seconds: Partial<Record<DocumentKind, number>>;
  readonly definition: Definition;
  readonly time: VirtualTime;
  readonly pace: Pace;
  /** Whom events are delivered to. */
  readonly lambda: LambdaRuntime;
  readonly onEntered: (event: TransitionEvent) => void;
  /** Told of every object that is written to the state bucket, once it lies there. */
  readonly onWritten: (key: string) => void;
  /** What an earlier world left. */
  readonly past: WorldPast | undefined;
}

/** Everything behind the ports: buckets, hosts, Run Command, load balancer, alarms, the machine. */
export interface Platform {
  readonly ports: Ports;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly target: SimulatedTarget;
  readonly group: GivenGroup;
  readonly executions: LocalExecutions;
  readonly securityGroups: GivenSecurityGroups;
  readonly alarms: AlarmStore;
  readonly commandFaults: CommandFaultQueue;
  /** Commands that reached SSM: `install a`, `revert b`. */
  readonly sent: string[];
  /** ARNs of the executions, oldest first. */
  readonly started: readonly string[];
  uploadEvent(version: ArtifactVersion): void;
  instanceEvent(instanceId: string): void;
  close(): Promise<void>;
}

const region = 'eu-west-1';

export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const { time, pace, lambda, past } = options;
  const commandFaults = createCommandFaultQueue();
  const securityGroups = createSecurityGroups();
  const sent: string[] = [];
  const started: string[] = [];

  function uploadEvent({ bucket: name, key, bytes, etag, versionId }: ArtifactVersion): void {
    const written = { bucket: name, region, key, bytes, etag, versionId, writtenAt: time.now() };
    void lambda.deliver('OnArtifactUploaded', objectCreated({ ...written, reason: 'PutObject' }));
  }

  function instanceEvent(instanceId: string): void {
    void lambda.deliver('OnInstanceRunning', instanceRunning(instanceId, region, time.now()));
  }

  const bucket = createStateBucket((key) => {
    pace.noticed();
    if (key.includes('/control/')) void lambda.deliver('OnControlWritten', { detail: { object: { key } } });
    options.onWritten(key);
  }, past?.objects);
  const artifacts = createArtifactBucket(bucket, time, uploadEvent, past?.uploads);
  const target = createSimulatedTarget({
    ...options,
    clock: time,
    readObject: async (key) => bucket.bytes(key),
    onPower(instanceId) {
      runCommand.hostChanged(instanceId);
      if (target.fleet.host(instanceId).isRunning()) instanceEvent(instanceId);
    },
    onWork: pace.work,
  });
  const { commands, runCommand } = createLocalCommands({
    service: 'payment',
    stage: 'local',
    documents: commandDocuments(),
    agentOf: (instanceId) => target.agentOf(instanceId),
    clock: time,
    timers: time,
    region,
    faults: {
      onSend(request) {
        const action = actionOf(request.documentName, request.parameters['releaseId']?.[0]);
        sent.push(`${action} ${nameOf(request.instanceId)}`);
        return commandFaults.onSend(request);
      },
      onEvent: (event) => commandFaults.onEvent(event),
    },
    onEvent: (event) =>
      event['detail-type'] === 'EC2 Command Invocation Status-change Notification'
        ? lambda.deliver('OnCommandStatus', event)
        : undefined,
  });
  const { hosts } = options;
  const { given: group, balancer } = await createSimulatedGroup({ hosts, fleet: target.fleet, now: time.now, region });
  const executions = await createExecutions({
    definition: options.definition,
    functions: lambda.functions,
    service: 'payment',
    region,
    clock: time,
    random: () => 0.5,
    onStatusChange(event) {
      if (event.detail.status === 'RUNNING') started.push(event.detail.executionArn);
      void lambda.deliver('OnExecutionStatus', event);
    },
    onTransition(event) {
      pace.noticed();
      if (event.transition === 'entered') options.onEntered(event);
    },
  });
  const alarms = createAlarmStore({
    region,
    clock: time,
    onChange: (event) => void lambda.deliver('OnAlarmChanged', event),
  });
  const stage = {
    service: 'payment',
    name: 'local',
    region,
    stateBucket: 'rollgate-state-local',
    artifactBucket: 'roboshop-builds',
    kind: 'embedded',
  } as const;

  return {
    ports: {
      stage,
      clock: time,
      ledger: bucket,
      artifacts,
      inventory: target.inventory,
      securityGroups,
      commands,
      executions,
      balancer,
      alarms,
    },
    bucket,
    artifacts,
    target,
    group,
    executions,
    securityGroups,
    alarms,
    commandFaults,
    sent,
    started,
    uploadEvent,
    instanceEvent,
    async close() {
      await executions.close();
      runCommand.close();
    },
  };
}

function actionOf(documentName: string, releaseId: string | undefined): string {
  const kind = documentName.split('-').at(-1) ?? '';
  if (releaseId !== 'previous') return kind;
  return kind === 'activate' ? 'revert' : 'verifyRevert';
}
