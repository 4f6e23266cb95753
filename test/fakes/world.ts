import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ArtifactVersion, ExecutionInfo, Ports } from '../../clients/ports.ts';
import type { ControlVerb } from '../../core/rollout/controls.ts';
import type { DocumentKind } from '../../core/statuses.ts';
import type { TargetState } from '../../core/target-state.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { providePorts } from '../../functions/runtime/ports.ts';
import { writeControl } from '../../ledger/controls.ts';
import { publishServiceConfig } from '../../ledger/service-config.ts';
import { readState } from '../../ledger/target-state.ts';
import { type AlarmStore, createAlarmStore } from '../../local/alarms/alarm-store.ts';
import { createLocalBalancer } from '../../local/balancer/local-balancer.ts';
import { createSimulatedProbe } from '../../local/balancer/simulated-probe.ts';
import { createTargetGroup, type LocalTargetGroup, type ProbeAnswer } from '../../local/balancer/target-group.ts';
import { instanceRunning } from '../../local/engine/instance-running.ts';
import { objectCreated } from '../../local/ledger/object-created.ts';
import { type CommandFaultQueue, createCommandFaultQueue } from '../../local/run-command/command-faults.ts';
import { createLocalCommands } from '../../local/run-command/local-commands.ts';
import type { Definition } from '../../local/state-machine/definition.ts';
import { createExecutions, type LocalExecutions } from '../../local/state-machine/executions.ts';
import type { TransitionEvent } from '../../local/state-machine/visits.ts';
import { type ArtifactBucket, createArtifactBucket } from './artifact-bucket.ts';
import { artifactZip, type Behaviour } from './artifact-zips.ts';
import { commandDocuments } from './command-documents.ts';
import { createGivenLedger, type GivenLedger } from './given-ledger.ts';
import {
  createLambdaRuntime,
  type EventFunction,
  type FunctionFault,
  type Invocation,
  type StepFunction,
} from './lambda-runtime.ts';
import { createPace, type Pace } from './pace.ts';
import { createPortFaults, type PortFaults } from './port-faults.ts';
import { createSecurityGroups, type GivenSecurityGroups } from './security-groups.ts';
import { createSimulatedTarget, idOf, nameOf, type SimulatedTarget } from './simulated-target.ts';
import { createStateBucket, type StateBucket } from './state-bucket.ts';
import { readStory, type Story } from './story.ts';
import { beginning, createVirtualTime, type VirtualTime } from './virtual-time.ts';

export interface WorldOptions {
  /** `abc`: three hosts of these names. */
  readonly hosts?: string;
  /** Hosts that are not there yet: `appear` brings them. */
  readonly later?: string;
  /** What runs on them before Rollgate. */
  readonly running?: 'none' | 'v0';
  /** Keys of `loadBalancer` in services/payment.yml; the hosts are registered in its group. */
  readonly loadBalancer?: Readonly<Record<string, unknown>>;
  /** Keys of `rollout` in services/payment.yml. */
  readonly rollout?: Readonly<Record<string, unknown>>;
  /** Keys of `health` in services/payment.yml. */
  readonly health?: Readonly<Record<string, unknown>>;
  /** How long documents take on the hosts, where not as usual. */
  readonly seconds?: Partial<Record<DocumentKind, number>>;
  /** The definition as it is run; the committed one where absent. */
  readonly definition?: Definition;
}

/** A call of a port, as `ledger.read`, by a function. */
export interface PortCall {
  readonly by: Invocation;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** State machine, handlers, ledger, Run Command and hosts as one subject; only the clock and the network are missing. */
export interface World extends GivenLedger, Pick<Pace, 'until' | 'pass'> {
  readonly ports: Ports;
  readonly time: VirtualTime;
  /** When the world began, ms. */
  readonly beginning: number;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly target: SimulatedTarget;
  /** The target group that the hosts stand in, where the configuration names one. */
  readonly group: LocalTargetGroup;
  /** From now on the load balancer finds this host so, whatever it answers others; null: as it is. */
  givenProbe(name: string, answer: ProbeAnswer | null): void;
  /** Hosts that the load balancer sends requests to: `a healthy`, `b draining`. */
  inGroup(): readonly string[];
  readonly executions: LocalExecutions;
  readonly securityGroups: GivenSecurityGroups;
  readonly alarms: AlarmStore;
  /** What goes wrong between handlers and their ports. */
  readonly faults: PortFaults;
  /** What goes wrong with commands and their events. */
  readonly commandFaults: CommandFaultQueue;
  /** Commands that reached SSM: `install a`, `revert b`. */
  sent(): readonly string[];
  /** Calls of ports by the handlers: `ledger.read`. */
  calls(): readonly string[];
  idOf(name: string): string;
  /** The function fails so, before it does anything (`after`: when it has done everything). */
  givenFunctionFault(name: StepFunction | EventFunction, error: string, more?: FunctionFault): void;
  /** Events of this kind reach nobody from now on. */
  givenEventsLost(name: EventFunction, isLost?: boolean): void;
  /** Does this when an execution next enters the state, before the state does anything. */
  whenEntered(state: string, act: (executionArn: string) => void): void;
  /** Told of every state that is entered from now on, before the state does anything. */
  onTransition(watch: (event: TransitionEvent) => void): void;
  /** Told of every call of a port by a function from now on, while the call is being made. */
  onCall(watch: (call: PortCall) => void): void;
  /** After so many more calls of ports: `act` happens between one call and the next. */
  whenCalled(calls: number, act: () => void): void;
  /** The process of the handlers dies and comes back: what ran in it is gone, every running execution is ABORTED. */
  kill(): void;
  /** Faults and watches that have not struck: a test that leaves some has not tested what it says. */
  pendingFaults(): readonly string[];
  clearFaults(): void;
  /** Calls a handler directly, as a zombie would. */
  call(name: StepFunction, payload: unknown): Promise<unknown>;
  /** Some execution waits in this state for its token to be answered. */
  isParked(state: string): boolean;
  /** Uploads and lets the event do the rest. */
  upload(number: number, behaviour?: Behaviour): Promise<ArtifactVersion>;
  /** Uploads so that nobody hears of it. */
  givenUpload(number: number, behaviour?: Behaviour): Promise<ArtifactVersion>;
  /** Delivers the upload event of a version (again). */
  uploadEvent(version: ArtifactVersion): void;
  /** The instance carries the tags from now on; its event is delivered. */
  appear(name: string): void;
  /** Delivers the running event of an instance (again). */
  instanceEvent(name: string): void;
  /** Deploys these versions one after another; each must succeed. */
  givenStable(...numbers: readonly number[]): Promise<void>;
  /** Starts an execution with what a person types. */
  start(input?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts one and waits for its end. */
  deploy(input?: Readonly<Record<string, unknown>>): Promise<Story>;
  /** What an operator says; its event is delivered. */
  say(
    verb: ControlVerb,
    deploymentId: string,
    more?: { readonly reason?: string; readonly isKept?: boolean; readonly hosts?: readonly string[] },
  ): Promise<void>;
  sweep(): Promise<void>;
  state(): Promise<TargetState>;
  /** Until this execution has ended and nothing is going on at this instant. */
  ended(executionArn: string): Promise<Story>;
  /** Until no execution runs, and what they left has been answered. */
  rest(): Promise<void>;
  story(executionArn: string): Promise<Story>;
  /** Of the execution that was started last. */
  lastStory(): Promise<Story>;
  /** Every execution, oldest first. */
  all(): Promise<readonly ExecutionInfo[]>;
  close(): Promise<void>;
}

export const definition = JSON.parse(readFileSync('state-machine/rollout.asl.json', 'utf8')) as Definition;
const paymentYaml = readFileSync('services/payment.yml', 'utf8');
const region = 'eu-west-1';

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  logTo(() => undefined);
  const time = createVirtualTime();
  const pace = createPace(time);
  const lambda = createLambdaRuntime(time, pace);
  const commandFaults = createCommandFaultQueue();
  const rollout: Readonly<Record<string, unknown>> = options.rollout ?? {};
  const sent: string[] = [];
  const calls: string[] = [];
  const started: string[] = [];
  const watches: { readonly state: string; readonly act: (executionArn: string) => void }[] = [];
  let watchAll: (event: TransitionEvent) => void = () => undefined;
  let watchCalls: (call: PortCall) => void = () => undefined;
  let callsLeft = Number.POSITIVE_INFINITY;
  let onCallsOver: () => void = () => undefined;
  let persons = 0;

  const bucket = createStateBucket((key) => {
    pace.noticed();
    if (key.includes('/control/')) void lambda.deliver('OnControlWritten', { detail: { object: { key } } });
  });
  const uploadEvent = (version: ArtifactVersion): void => {
    const { bucket: name, key, bytes, etag, versionId } = version;
    const written = { bucket: name, region, key, bytes, etag, versionId, writtenAt: time.now() };
    void lambda.deliver('OnArtifactUploaded', objectCreated({ ...written, reason: 'PutObject' }));
  };
  const instanceEvent = (instanceId: string): void =>
    void lambda.deliver('OnInstanceRunning', instanceRunning(instanceId, region, time.now()));
  const artifacts = createArtifactBucket(bucket, time, uploadEvent);
  const target = createSimulatedTarget({
    hosts: options.hosts ?? 'abc',
    later: options.later ?? '',
    running: options.running ?? 'v0',
    maxUnavailable: Number(rollout['maxUnavailable'] ?? 1),
    ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
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
  const probes = new Map<string, ProbeAnswer>();
  const probe = createSimulatedProbe(target.fleet);
  const group = createTargetGroup({
    now: time.now,
    probe: async (asked) => probes.get(asked.instanceId) ?? probe(asked),
    drainMilliseconds: 30_000,
    registered: [...(options.hosts ?? 'abc')].map((name) => ({ instanceId: idOf(name), port: 8080 })),
  });
  await group.check();
  const balancer = createLocalBalancer({ name: 'payment-local', region, group, beforeLook: group.check });
  const executions = await createExecutions({
    definition: options.definition ?? definition,
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
      if (event.transition !== 'entered') return;
      const index = watches.findIndex((watch) => watch.state === event.visit.state);
      if (index !== -1) watches.splice(index, 1)[0]?.act(event.executionArn);
      watchAll(event);
    },
  });
  const alarms = createAlarmStore({
    region,
    clock: time,
    onChange: (event) => void lambda.deliver('OnAlarmChanged', event),
  });
  const faults = createPortFaults((method, args) => {
    pace.noticed();
    calls.push(method);
    watchCalls({ by: lambda.running(), method, args });
    callsLeft -= 1;
    if (callsLeft === 0) onCallsOver();
  });
  const securityGroups = createSecurityGroups();
  const ports: Ports = {
    stage: {
      service: 'payment',
      name: 'local',
      region,
      stateBucket: 'rollgate-state-local',
      artifactBucket: 'roboshop-builds',
      kind: 'embedded',
    },
    clock: time,
    ledger: bucket,
    artifacts,
    inventory: target.inventory,
    securityGroups,
    commands,
    executions,
    balancer,
    alarms,
  };
  providePorts(() => faults.wrap(ports, lambda.life()));
  const behind = options.loadBalancer === undefined ? {} : { loadBalancer: options.loadBalancer };
  await publishServiceConfig(ports, configWith({ rollout, health: options.health ?? {}, ...behind }), 'test');

  const story = (executionArn: string): Promise<Story> => readStory(executions, bucket, executionArn);

  async function all(): Promise<readonly ExecutionInfo[]> {
    const infos = await Promise.all(started.map((executionArn) => executions.describe(executionArn)));
    return infos.filter((info) => info !== undefined);
  }

  async function start(input: Readonly<Record<string, unknown>> = {}): Promise<string> {
    persons += 1;
    return (await executions.start(`person-${persons}`, input)).executionArn;
  }

  async function ended(executionArn: string): Promise<Story> {
    const hasEnded = async (): Promise<boolean> => (await executions.describe(executionArn))?.status !== 'RUNNING';
    await pace.until(hasEnded, `${executionArn} has ended`);
    return story(executionArn);
  }

  async function rest(): Promise<void> {
    const isAtRest = async (): Promise<boolean> => (await all()).every((info) => info.status !== 'RUNNING');
    await pace.until(isAtRest, 'every execution has ended');
  }

  async function givenUpload(number: number, behaviour?: Behaviour): Promise<ArtifactVersion> {
    const body = await artifactZip(number, behaviour);
    const wereLost = lambda.areEventsLost('OnArtifactUploaded');
    lambda.givenEventsLost('OnArtifactUploaded', true);
    const version = await artifacts.upload(body);
    lambda.givenEventsLost('OnArtifactUploaded', wereLost);
    return version;
  }

  return {
    ...createGivenLedger(bucket, time.now),
    ports,
    time,
    beginning,
    bucket,
    artifacts,
    target,
    group,
    givenProbe(name, answer) {
      if (answer === null) probes.delete(idOf(name));
      else probes.set(idOf(name), answer);
    },
    inGroup: () =>
      group
        .targets()
        .map(({ instanceId, state }) => `${nameOf(instanceId)} ${state}`)
        .sort(),
    executions,
    securityGroups,
    alarms,
    faults,
    commandFaults,
    until: pace.until,
    pass: pace.pass,
    sent: () => sent,
    calls: () => calls,
    idOf,
    givenFunctionFault: lambda.givenFault,
    givenEventsLost: (name, isLost = true) => lambda.givenEventsLost(name, isLost),
    whenEntered: (state, act) => void watches.push({ state, act }),
    onTransition(watch) {
      watchAll = watch;
    },
    onCall(watch) {
      watchCalls = watch;
    },
    whenCalled(count, act) {
      callsLeft = count;
      onCallsOver = act;
    },
    kill() {
      lambda.kill();
      providePorts(() => faults.wrap(ports, lambda.life()));
      for (const executionArn of started) void executions.stop(executionArn, 'EngineStopped', 'killed');
    },
    pendingFaults: () => [
      ...lambda.pendingFaults(),
      ...faults.pending(),
      ...watches.map((watch) => `${watch.state} is never entered`),
      ...(commandFaults.pending() === 0 ? [] : ['a fault of a command']),
      ...(target.fleet.faults.pending() === 0 ? [] : ['a fault of a host']),
    ],
    clearFaults() {
      lambda.clearFaults();
      faults.clear();
      target.clearFaults();
    },
    call: (name, payload) => lambda.functions[name](payload),
    isParked: (state) => executions.parked().some((task) => task.state === state),
    upload: async (number, behaviour) => artifacts.upload(await artifactZip(number, behaviour)),
    givenUpload,
    uploadEvent,
    appear(name) {
      target.givenTagged(name);
      instanceEvent(idOf(name));
    },
    instanceEvent: (name) => instanceEvent(idOf(name)),
    async givenStable(...numbers) {
      for (const number of numbers) {
        await givenUpload(number);
        const { end, cause } = await ended(await start({}));
        if (end !== 'Succeeded') throw new Error(`v${number} did not succeed: ${end}: ${cause}`);
      }
      await rest();
      sent.length = 0;
      calls.length = 0;
    },
    start,
    deploy: async (input) => ended(await start(input)),
    async say(verb, deploymentId, { reason = '', ...more } = {}) {
      const control = { by: 'anna', at: new Date(time.now()).toISOString(), reason, ...more };
      await writeControl(ports, verb, deploymentId, control);
    },
    async sweep() {
      void lambda.deliver('SweepLocks', {});
      await pace.quiet();
    },
    state: () => readState(ports),
    ended,
    rest,
    story,
    lastStory: async () => story((await all()).at(-1)?.executionArn ?? ''),
    all,
    async close() {
      lambda.close();
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

/** services/payment.yml with these keys of these sections. */
function configWith(sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  const config = parse(paymentYaml) as Record<string, unknown>;
  const changed = Object.entries(sections).map(([name, keys]) => [name, { ...(config[name] as object), ...keys }]);
  return stringify({ ...config, ...Object.fromEntries(changed) });
}
