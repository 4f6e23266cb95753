import { readFileSync } from 'node:fs';
import type { ArtifactVersion, Ports } from '../../clients/ports.ts';
import type { ControlVerb } from '../../core/model/operator-requests.ts';
import type { DocumentKind } from '../../core/model/statuses.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { providePorts } from '../../functions/runtime/ports.ts';
import { publishServiceConfig } from '../../ledger/config/service-config.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import type { Definition } from '../../local/state-machine/definition.ts';
import { paymentYamlWith } from '../given/configuration.ts';
import { idOf } from '../given/hosts.ts';
import { artifactZip, type Behaviour } from './artifact-zips.ts';
import { createExecutionStories, type ExecutionStories } from './execution-stories.ts';
import { createGivenLedger, type GivenLedger } from './given-ledger.ts';
import { createLambdaRuntime, type EventFunction, type FunctionFault, type StepFunction } from './lambda-runtime.ts';
import { createPace, type Pace } from './pace.ts';
import { pastOf } from './past-of-world.ts';
import { createPlatform, type Platform } from './platform.ts';
import { createPortFaults, type PortFaults } from './port-faults.ts';
import type { GivenGroup } from './simulated-group.ts';
import { beginning, createVirtualTime, type VirtualTime } from './virtual-time.ts';
import { createWatches, type Watching } from './watches.ts';
import type { WorldPast } from './world-past.ts';

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
  /** It goes on where an earlier world with these hosts stood. */
  readonly past?: WorldPast;
}

/**
 * State machine, handlers, ledger, Run Command and hosts as one subject; only the clock and the network are missing. For
 * the tests of the machine: a handler alone is tested on `givenPorts`, the command line on `fakeWorld`.
 */
export interface World
  extends GivenLedger,
    GivenGroup,
    Watching,
    ExecutionStories,
    Pick<Pace, 'until' | 'pass'>,
    Pick<
      Platform,
      'bucket' | 'artifacts' | 'target' | 'executions' | 'securityGroups' | 'alarms' | 'commandFaults' | 'uploadEvent'
    > {
  readonly ports: Ports;
  readonly time: VirtualTime;
  /** When the world began, ms. */
  readonly beginning: number;
  /** What goes wrong between handlers and their ports. */
  readonly faults: PortFaults;
  /** Commands that reached SSM: `install a`, `revert b`. */
  sent(): readonly string[];
  idOf(name: string): string;
  /** The function fails so, before it does anything (`after`: when it has done everything). */
  givenFunctionFault(name: StepFunction | EventFunction, error: string, more?: FunctionFault): void;
  /** Events of this kind reach nobody from now on. */
  givenEventsLost(name: EventFunction, isLost?: boolean): void;
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
  /** The instance carries the tags from now on; its event is delivered. */
  appear(name: string): void;
  /** Delivers the running event of an instance (again). */
  instanceEvent(name: string): void;
  /** Deploys these versions one after another; each must succeed. */
  givenStable(...numbers: readonly number[]): Promise<void>;
  /** What an operator says; its event is delivered. */
  say(
    verb: ControlVerb,
    deploymentId: string,
    more?: { readonly reason?: string; readonly isKept?: boolean; readonly hosts?: readonly string[] },
  ): Promise<void>;
  sweep(): Promise<void>;
  /** The same, without waiting for it. */
  startSweep(): void;
  state(): Promise<TargetState>;
  /** What another world goes on from; nothing may be going on. */
  past(): WorldPast;
  close(): Promise<void>;
}

export const definition = JSON.parse(readFileSync('state-machine/rollout.asl.json', 'utf8')) as Definition;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  logTo(() => undefined);
  const { rollout = {}, health = {}, loadBalancer } = options;
  const time = createVirtualTime(options.past?.at);
  const pace = createPace(time);
  const lambda = createLambdaRuntime(time, pace);
  const watches = createWatches();
  const platform = await createPlatform({
    hosts: options.hosts ?? 'abc',
    later: options.later ?? '',
    running: options.running ?? 'v0',
    maxUnavailable: Number(rollout['maxUnavailable'] ?? 1),
    seconds: options.seconds ?? {},
    definition: options.definition ?? definition,
    time,
    pace,
    lambda,
    onEntered: watches.entered,
    onWritten: watches.written,
    past: options.past,
  });
  const { ports, bucket, artifacts, target, group, executions, securityGroups, alarms, commandFaults } = platform;
  const stories = createExecutionStories(executions, platform.started, bucket, pace, options.past?.executions);
  const faults = createPortFaults((method, args) => {
    pace.noticed();
    watches.called({ by: lambda.running(), method, args });
  });
  const bringToLife = (): void => providePorts(() => faults.wrap(ports, lambda.life()));
  bringToLife();
  const sections = { rollout, health, ...(loadBalancer === undefined ? {} : { loadBalancer }) };
  await publishServiceConfig(ports, paymentYamlWith(sections), 'test');

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
    ...group,
    ...watches.watching,
    ...stories,
    bucket,
    artifacts,
    target,
    executions,
    securityGroups,
    alarms,
    commandFaults,
    ports,
    time,
    beginning,
    faults,
    idOf,
    givenUpload,
    uploadEvent: platform.uploadEvent,
    until: pace.until,
    pass: pace.pass,
    sent: () => platform.sent,
    givenFunctionFault: lambda.givenFault,
    givenEventsLost: (name, isLost = true) => lambda.givenEventsLost(name, isLost),
    kill() {
      lambda.kill();
      bringToLife();
      for (const executionArn of platform.started) void executions.stop(executionArn, 'EngineStopped', 'killed');
    },
    pendingFaults: () => [
      ...lambda.pendingFaults(),
      ...faults.pending(),
      ...watches.pending(),
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
    appear(name) {
      target.givenTagged(name);
      platform.instanceEvent(idOf(name));
    },
    instanceEvent: (name) => platform.instanceEvent(idOf(name)),
    async givenStable(...numbers) {
      for (const number of numbers) {
        await givenUpload(number);
        const { end, cause } = await stories.deploy();
        if (end !== 'Succeeded') throw new Error(`v${number} did not succeed: ${end}: ${cause}`);
      }
      await stories.rest();
      platform.sent.length = 0;
      watches.forgetCalls();
    },
    async say(verb, deploymentId, { reason = '', ...more } = {}) {
      const control = { by: 'anna', at: new Date(time.now()).toISOString(), reason, ...more };
      await writeControl(ports, verb, deploymentId, control);
    },
    async sweep() {
      void lambda.deliver('SweepLocks', {});
      await pace.quiet();
    },
    startSweep: () => void lambda.deliver('SweepLocks', {}),
    state: () => readState(ports),
    past: () => pastOf({ time, bucket, artifacts, target, executions: platform.started.length }),
    async close() {
      lambda.close();
      await platform.close();
    },
  };
}
