import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ArtifactVersion, ExecutionInfo, Ports } from '../../clients/ports.ts';
import type { DeploymentOutcome } from '../../core/deployment-records.ts';
import { eventsPerSwitch, maxEventsPerExecution } from '../../core/event-budget.ts';
import type { RecordedDecision } from '../../core/rollout-facts.ts';
import type { TargetState } from '../../core/target-state.ts';
import { handler as acquireLock } from '../../functions/acquire-lock.ts';
import { handler as admitDeployment } from '../../functions/admit-deployment.ts';
import { handler as decideNextWave } from '../../functions/decide-next-wave.ts';
import { handler as finishDeployment } from '../../functions/finish-deployment.ts';
import { handler as onArtifactUploaded } from '../../functions/on-artifact-uploaded.ts';
import { handler as onCommandStatus } from '../../functions/on-command-status.ts';
import { handler as onControlWritten } from '../../functions/on-control-written.ts';
import { handler as onExecutionStatus } from '../../functions/on-execution-status.ts';
import { handler as parkDeployment } from '../../functions/park-deployment.ts';
import { handler as planRollout } from '../../functions/plan-rollout.ts';
import { handler as runHostStep } from '../../functions/run-host-step.ts';
import type { Handler } from '../../functions/runtime/handler.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { providePorts } from '../../functions/runtime/ports.ts';
import { handler as sweepLocks } from '../../functions/sweep-locks.ts';
import { writeControl } from '../../ledger/deployments.ts';
import { type ControlVerb, deploymentIdOf, keys } from '../../ledger/keys.ts';
import { publishServiceConfig } from '../../ledger/service-config.ts';
import { changeState, readState } from '../../ledger/target-state.ts';
import { objectCreated } from '../../local/ledger/object-created.ts';
import { type CommandFaultQueue, createCommandFaultQueue } from '../../local/run-command/command-faults.ts';
import { createLocalCommands } from '../../local/run-command/local-commands.ts';
import type { Definition } from '../../local/state-machine/definition.ts';
import { createExecutions, type LocalExecutions } from '../../local/state-machine/executions.ts';
import type { StateVisit, TransitionEvent } from '../../local/state-machine/visits.ts';
import { type ArtifactBucket, createArtifactBucket } from './artifact-bucket.ts';
import { artifactZip, type Behaviour } from './artifact-zips.ts';
import { commandDocuments } from './command-documents.ts';
import { createPortFaults, type Life, type PortFaults } from './port-faults.ts';
import { createSimulatedTarget, idOf, nameOf, type SimulatedTarget } from './simulated-target.ts';
import { createStateBucket, type StateBucket } from './state-bucket.ts';
import { beginning, createVirtualTime, type VirtualTime } from './virtual-time.ts';
import { pathOf } from './visited-path.ts';

const stepHandlers = {
  AdmitDeployment: admitDeployment,
  AcquireLock: acquireLock,
  PlanRollout: planRollout,
  RunHostStep: runHostStep,
  DecideNextWave: decideNextWave,
  ParkDeployment: parkDeployment,
  FinishDeployment: finishDeployment,
} as const satisfies Readonly<Record<string, Handler>>;

const eventHandlers = {
  OnArtifactUploaded: onArtifactUploaded,
  OnCommandStatus: onCommandStatus,
  OnControlWritten: onControlWritten,
  OnExecutionStatus: onExecutionStatus,
  SweepLocks: sweepLocks,
} as const satisfies Readonly<Record<string, Handler>>;

export type FunctionName = keyof typeof stepHandlers | keyof typeof eventHandlers;

export interface FunctionFault {
  readonly times?: number;
  readonly after?: boolean;
  /** Only calls whose payload, as JSON, matches. */
  readonly matches?: RegExp;
}

export interface WorldOptions {
  /** `abc`: three hosts of these names. */
  readonly hosts?: string;
  /** What runs on them before Rollgate. */
  readonly running?: 'none' | 'v0';
  /** Keys of `rollout` in services/payment.yml. */
  readonly rollout?: Readonly<Record<string, unknown>>;
  /** The definition as it is run; the committed one where absent. */
  readonly definition?: Definition;
}

/** How one execution ended, and what it did. */
export interface Story {
  readonly executionArn: string;
  readonly deploymentId: string;
  readonly status: ExecutionInfo['status'];
  /** The last state of the execution. */
  readonly end: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** The states visited; Choice states are left out, hosts of a Map stand one per line. */
  readonly path: readonly string[];
  /** The end of the deployment in the ledger. */
  readonly outcome: DeploymentOutcome | undefined;
  readonly decisions: readonly RecordedDecision[];
}

/** State machine, handlers, ledger, Run Command and hosts as one subject; only the clock and the network are missing. */
export interface World {
  readonly ports: Ports;
  readonly time: VirtualTime;
  /** When the world began, ms. */
  readonly beginning: number;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly target: SimulatedTarget;
  readonly executions: LocalExecutions;
  /** What goes wrong between handlers and their ports. */
  readonly faults: PortFaults;
  /** What goes wrong with commands and their events. */
  readonly commandFaults: CommandFaultQueue;
  /** Commands that reached SSM: `install a`, `revert b`. */
  sent(): readonly string[];
  calls(): readonly string[];
  /** The function fails so, before it does anything (`after`: when it has done everything). */
  givenFunctionFault(name: FunctionName, error: string, more?: FunctionFault): void;
  /** Does this when an execution next enters the state, before the state does anything. */
  whenEntered(state: string, act: (executionArn: string) => void): void;
  idOf(name: string): string;
  /** Ids of all deployments in the ledger, oldest first. */
  deploymentIds(): readonly string[];
  /** After so many more calls of ports: `act` happens between one call and the next. */
  whenCalled(calls: number, act: () => void): void;
  /** The process of the handlers dies and comes back: what ran in it is gone, every running execution is ABORTED. */
  kill(): void;
  /** Some execution waits in this state for its token to be answered. */
  isParked(state: string): boolean;
  /** Its history is as long as it may be. */
  givenLongHistory(executionArn: string): void;
  givenFrozen(reason: string): Promise<void>;
  /** Something that only its writer knows stands in state.json. */
  givenNote(note: string): void;
  /** Calls a handler directly, as a zombie would. */
  call(name: keyof typeof stepHandlers, payload: unknown): Promise<unknown>;
  clearFaults(): void;
  /** Told of every state that is entered from now on, before the state does anything. */
  onTransition(watch: (event: TransitionEvent) => void): void;
  /** Somebody else holds the lock from now on, with a higher fence. */
  givenLockStolen(): void;
  /** Events of this kind reach nobody from now on. */
  givenEventsLost(name: keyof typeof eventHandlers, isLost?: boolean): void;
  /** Uploads and lets the event do the rest. */
  upload(number: number, behaviour?: Behaviour): Promise<ArtifactVersion>;
  /** Uploads so that nobody hears of it. */
  givenUpload(number: number, behaviour?: Behaviour): Promise<ArtifactVersion>;
  /** Delivers the upload event of a version (again). */
  uploadEvent(version: ArtifactVersion): void;
  /** Starts an execution with what a person types. */
  start(input?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts one and waits for its end. */
  deploy(input?: Readonly<Record<string, unknown>>): Promise<Story>;
  /** Deploys these versions one after another; each must succeed. */
  givenStable(...numbers: readonly number[]): Promise<void>;
  /** What an operator says; its event is delivered. */
  say(
    verb: ControlVerb,
    deploymentId: string,
    more?: { readonly reason?: string; readonly isKept?: boolean },
  ): Promise<void>;
  /** Faults and watches that have not struck: a test that leaves some has not tested what it says. */
  pendingFaults(): readonly string[];
  sweep(): Promise<void>;
  state(): Promise<TargetState>;
  /** Lets things happen until it is so. Throws where nothing can happen any more. */
  until(condition: () => boolean | Promise<boolean>, what?: string): Promise<void>;
  /** Until this execution has ended and nothing is going on at this instant. */
  ended(executionArn: string): Promise<Story>;
  /** Until no execution runs, and what they left has been answered. */
  rest(): Promise<void>;
  story(executionArn: string): Promise<Story>;
  /** Of the execution that was started last. */
  lastStory(): Promise<Story>;
  /** Every execution, oldest first. */
  all(): Promise<readonly ExecutionInfo[]>;
  /** Until this many seconds have passed, whatever happens. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export const definition = JSON.parse(readFileSync('state-machine/rollout.asl.json', 'utf8')) as Definition;
const paymentYaml = readFileSync('services/payment.yml', 'utf8');
const region = 'eu-west-1';

/** Retries that EventBridge makes for a function that fails: 60 and 120 s later. */
const redeliverySeconds = [60, 120] as const;

/** Turns of the event loop without any activity after which nothing goes on any more. */
const idleTurns = 60;
const maxRings = 200_000;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  logTo(() => undefined);
  const time = createVirtualTime();
  const lost = new Set<string>();
  const calls: string[] = [];
  const functionFaults: {
    readonly name: string;
    readonly error: string;
    readonly after: boolean;
    readonly matches: RegExp;
  }[] = [];
  const started: string[] = [];
  const watches: { readonly state: string; readonly act: (executionArn: string) => void }[] = [];
  const commandFaults = createCommandFaultQueue();
  const events: Promise<void>[] = [];
  let watchAll: (event: TransitionEvent) => void = () => undefined;
  let life: Life = { isOver: false };
  let handlersAtWork = 0;
  let callsLeft = Number.POSITIVE_INFINITY;
  let onCallsOver: () => void = () => undefined;
  let activity = 0;
  let atWork = 0;
  let persons = 0;
  let isClosed = false;

  async function invoke(name: FunctionName, handler: Handler, payload: unknown): Promise<unknown> {
    const own = life;
    activity += 1;
    atWork += 1;
    handlersAtWork += 1;
    try {
      const text = JSON.stringify(payload);
      const index = functionFaults.findIndex((fault) => fault.name === name && fault.matches.test(text));
      const fault = index === -1 ? undefined : functionFaults.splice(index, 1)[0];
      if (fault !== undefined && !fault.after) throw errorNamed(fault.error);
      const result = await handler(payload);
      if (fault !== undefined) throw errorNamed(fault.error);
      return result ?? {};
    } finally {
      activity += 1;
      if (!own.isOver) {
        atWork -= 1;
        handlersAtWork -= 1;
      }
    }
  }

  /** As EventBridge delivers: asynchronously, again where the function failed, in the end not at all. */
  function deliver(name: keyof typeof eventHandlers, event: unknown): Promise<void> {
    if (lost.has(name) || isClosed) return Promise.resolve();
    const delivered = (async () => {
      await Promise.resolve();
      for (const seconds of [...redeliverySeconds, undefined]) {
        try {
          await invoke(name, eventHandlers[name], event);
          return;
        } catch {
          if (seconds === undefined || isClosed) return;
          await time.wait(seconds * 1000);
        }
      }
    })();
    events.push(delivered);
    return delivered;
  }

  const bucket = createStateBucket((key) => {
    activity += 1;
    if (key.includes('/control/')) void deliver('OnControlWritten', { detail: { object: { key } } });
  });
  const uploadEvent = (version: ArtifactVersion): void => {
    const { bucket: name, key, bytes, etag, versionId } = version;
    const written = { bucket: name, region, key, bytes, etag, versionId, writtenAt: time.now() };
    void deliver('OnArtifactUploaded', objectCreated({ ...written, reason: 'PutObject' }));
  };
  const artifacts = createArtifactBucket(bucket, time, uploadEvent);
  const rollout: Readonly<Record<string, unknown>> = options.rollout ?? {};
  const target = createSimulatedTarget({
    hosts: options.hosts ?? 'abc',
    running: options.running ?? 'v0',
    maxUnavailable: Number(rollout['maxUnavailable'] ?? 1),
    clock: time,
    readObject: async (key) => bucket.bytes(key),
    onPower: (instanceId) => runCommand.hostChanged(instanceId),
    onWork: (change) => {
      activity += 1;
      atWork += change;
    },
  });
  const sent: string[] = [];
  const { commands, runCommand } = createLocalCommands({
    service: 'payment',
    documents: commandDocuments(),
    agentOf: (instanceId) => target.agentOf(instanceId),
    clock: time,
    timers: time,
    region,
    faults: {
      onSend(request) {
        sent.push(
          `${actionOf(request.documentName, request.parameters['releaseId']?.[0])} ${nameOf(request.instanceId)}`,
        );
        return commandFaults.onSend(request);
      },
      onEvent: (event) => commandFaults.onEvent(event),
    },
    onEvent: (event) =>
      event['detail-type'] === 'EC2 Command Invocation Status-change Notification'
        ? deliver('OnCommandStatus', event)
        : undefined,
  });
  const functions = Object.fromEntries(
    Object.entries(stepHandlers).map(([name, handler]) => [
      name,
      (payload: unknown) => invoke(name as FunctionName, handler, payload),
    ]),
  );
  const executions = await createExecutions({
    definition: options.definition ?? definition,
    functions,
    service: 'payment',
    region,
    clock: time,
    random: () => 0.5,
    onStatusChange(event) {
      if (event.detail.status === 'RUNNING') started.push(event.detail.executionArn);
      void deliver('OnExecutionStatus', event);
    },
    onTransition: (event) => {
      activity += 1;
      if (event.transition === 'entered') {
        watchEntered(event);
        watchAll(event);
      }
    },
  });
  const faults = createPortFaults((call) => {
    activity += 1;
    calls.push(call);
    callsLeft -= 1;
    if (callsLeft === 0) onCallsOver();
  });
  const plain: Ports = {
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
    commands,
    executions,
  };
  providePorts(() => faults.wrap(plain, life));
  await publishServiceConfig(plain, configWith(rollout), 'test');

  function watchEntered({ visit, executionArn }: TransitionEvent): void {
    const index = watches.findIndex((watch) => watch.state === visit.state);
    if (index !== -1) watches.splice(index, 1)[0]?.act(executionArn);
  }

  /** Until nothing happens at this instant any more. */
  async function quiet(): Promise<void> {
    for (let idle = 0, seen = -1; idle < idleTurns; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = activity + time.uses();
      const isAtWork = atWork > time.sleepers();
      idle = now !== seen ? 0 : idle + (isAtWork ? 1 : idleTurns / 3);
      seen = now;
    }
  }

  async function until(condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
    for (let rings = 0; rings < maxRings; rings += 1) {
      await quiet();
      if (await condition()) return;
      if (!time.ringNext()) throw new Error(`nothing can happen any more, and still not so: ${what}`);
    }
    throw new Error(`too much has happened, and still not so: ${what}`);
  }

  async function story(executionArn: string): Promise<Story> {
    const info = await executions.describe(executionArn);
    if (info === undefined) throw new Error(`nobody knows ${executionArn}`);
    const visits = await executions.visits(executionArn);
    const input = JSON.parse(info.input) as { readonly repair?: string; readonly continue?: string };
    const deploymentId = input.repair ?? input.continue ?? deploymentIdOf(executionArn, info.startedAt);
    const decisions = bucket
      .keys()
      .filter((key) => key.startsWith(`${keys.deployment('payment', deploymentId)}decisions/`))
      .map((key) => bucket.json(key) as RecordedDecision);
    return {
      executionArn,
      deploymentId,
      status: info.status,
      end: visits.filter((visit: StateVisit) => visit.iteration.length === 0).at(-1)?.state ?? 'none',
      error: info.error,
      cause: info.cause,
      path: pathOf(visits),
      outcome: bucket.json(keys.outcome('payment', deploymentId)) as DeploymentOutcome | undefined,
      decisions,
    };
  }

  function deploymentIds(): readonly string[] {
    const prefix = keys.deployments('payment');
    const own = bucket.keys().filter((key) => key.startsWith(prefix));
    return [...new Set(own.map((key) => key.slice(prefix.length).split('/')[0] ?? ''))];
  }

  async function start(input: Readonly<Record<string, unknown>> = {}): Promise<string> {
    persons += 1;
    return (await executions.start(`person-${persons}`, input)).executionArn;
  }

  async function ended(executionArn: string): Promise<Story> {
    const hasEnded = async (): Promise<boolean> => (await executions.describe(executionArn))?.status !== 'RUNNING';
    await until(hasEnded, `${executionArn} has ended`);
    return story(executionArn);
  }

  async function all(): Promise<readonly ExecutionInfo[]> {
    const infos = await Promise.all(started.map((executionArn) => executions.describe(executionArn)));
    return infos.filter((info) => info !== undefined);
  }

  const givenUpload: World['givenUpload'] = async (number, behaviour) => {
    const body = await artifactZip(number, behaviour);
    const wasLost = lost.has('OnArtifactUploaded');
    lost.add('OnArtifactUploaded');
    const version = await artifacts.upload(body);
    if (!wasLost) lost.delete('OnArtifactUploaded');
    return version;
  };

  const world: World = {
    ports: plain,
    time,
    beginning,
    bucket,
    artifacts,
    target,
    executions,
    faults,
    commandFaults,
    sent: () => sent,
    calls: () => calls,
    givenFunctionFault(name, error, { times = 1, after = false, matches = /./ } = {}) {
      for (let count = 0; count < times; count += 1) functionFaults.push({ name, error, after, matches });
    },
    whenEntered: (state, act) => void watches.push({ state, act }),
    idOf,
    deploymentIds,
    onTransition(watch) {
      watchAll = watch;
    },
    whenCalled(count, act) {
      callsLeft = count;
      onCallsOver = act;
    },
    kill() {
      life.isOver = true;
      atWork -= handlersAtWork;
      handlersAtWork = 0;
      const next: Life = { isOver: false };
      life = next;
      providePorts(() => faults.wrap(plain, next));
      for (const executionArn of started) void executions.stop(executionArn, 'EngineStopped', 'killed');
    },
    isParked: (state) => executions.parked().some((task) => task.state === state),
    givenLongHistory(executionArn) {
      const hosts = Array.from({ length: maxEventsPerExecution / eventsPerSwitch }, () => 'i-00000000');
      const at = new Date(time.now()).toISOString();
      const decision = { round: 0, decision: { kind: 'settle', hosts }, fence: 0, at, executionArn, error: null };
      const deploymentId = deploymentIds().at(-1) ?? '';
      void bucket.put(keys.decision('payment', deploymentId, 0), JSON.stringify(decision));
    },
    async givenFrozen(reason) {
      const at = new Date(time.now()).toISOString();
      await changeState(plain, (state) => ({ ...state, freeze: { by: 'anna', at, reason } }));
    },
    givenNote(note) {
      const state = bucket.json(keys.state('payment')) as TargetState;
      void bucket.put(keys.state('payment'), JSON.stringify({ ...state, note, writeId: 'somebody else' }));
    },
    call: (name, payload) => invoke(name, stepHandlers[name], payload),
    clearFaults() {
      functionFaults.length = 0;
      faults.clear();
      target.clearFaults();
    },
    givenLockStolen() {
      const state = bucket.json(keys.state('payment')) as TargetState;
      if (state.lock === null) throw new Error('nobody holds the lock');
      const fence = state.fence + 1;
      const lock = { ...state.lock, executionArn: 'arn:somebody-else', fence };
      void bucket.put(keys.state('payment'), JSON.stringify({ ...state, fence, lock, writeId: 'stolen' }));
    },
    pendingFaults: () => [
      ...functionFaults.map((fault) => `${fault.name} ${fault.error}`),
      ...faults.pending(),
      ...watches.map((watch) => `${watch.state} is never entered`),
      ...(commandFaults.pending() === 0 ? [] : ['a fault of a command']),
      ...(target.fleet.faults.pending() === 0 ? [] : ['a fault of a host']),
    ],
    givenEventsLost(name, isLost = true) {
      if (isLost) lost.add(name);
      else lost.delete(name);
    },
    upload: async (number, behaviour) => artifacts.upload(await artifactZip(number, behaviour)),
    givenUpload,
    uploadEvent,
    start,
    deploy: async (input) => ended(await start(input)),
    async givenStable(...numbers) {
      for (const number of numbers) {
        await givenUpload(number);
        const { end, cause } = await ended(await start({}));
        if (end !== 'Succeeded') throw new Error(`v${number} did not succeed: ${end}: ${cause}`);
      }
      await world.rest();
      sent.length = 0;
      calls.length = 0;
    },
    async say(verb, deploymentId, { reason = '', isKept } = {}) {
      const at = new Date(time.now()).toISOString();
      const control = { by: 'anna', at, reason, ...(isKept === undefined ? {} : { isKept }) };
      await writeControl(plain, verb, deploymentId, control);
    },
    sweep: async () => {
      void deliver('SweepLocks', {});
      await quiet();
    },
    state: () => readState(plain),
    until,
    ended,
    async rest() {
      await until(async () => (await all()).every((info) => info.status !== 'RUNNING'), 'every execution has ended');
    },
    story,
    lastStory: async () => story((await all()).at(-1)?.executionArn ?? ''),
    all,
    async pass(seconds) {
      const end = time.now() + seconds * 1000;
      let isOver = false;
      time.schedule(seconds * 1000, () => {
        isOver = true;
      });
      await until(() => isOver || time.now() >= end, `${seconds} s have passed`);
    },
    async close() {
      isClosed = true;
      await executions.close();
      runCommand.close();
    },
  };
  return world;
}

function errorNamed(name: string): Error {
  return Object.assign(new Error(`a fault of the test: ${name}`), { name });
}

function actionOf(documentName: string, releaseId: string | undefined): string {
  const kind = documentName.split('-').at(-1) ?? '';
  if (releaseId !== 'previous') return kind;
  return kind === 'activate' ? 'revert' : 'verifyRevert';
}

function configWith(rollout: Readonly<Record<string, unknown>>): string {
  const config = parse(paymentYaml) as Record<string, unknown>;
  return stringify({ ...config, rollout: { ...(config['rollout'] as object), ...rollout } });
}
