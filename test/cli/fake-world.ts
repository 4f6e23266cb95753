import { runCli } from '../../cli/program.ts';
import type { World } from '../../cli/world.ts';
import type { ExecutionInfo, Host, Ports, Stage } from '../../clients/ports.ts';
import type { StageAddress } from '../../clients/stage-address.ts';
import type { StageInspection } from '../../clients/stage-inspection.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import type { Alarm } from '../../core/model/alarm-reading.ts';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import type { HostCommand } from '../../core/model/host-commands.ts';
import { deploymentIdOf, keys } from '../../ledger/keys.ts';
import { createFakeAlarms } from '../fakes/alarms.ts';
import { createArtifactBucket } from '../fakes/artifact-bucket.ts';
import { createFakeBalancer } from '../fakes/balancer.ts';
import { createFakeCommands, type HostAnswer } from '../fakes/commands.ts';
import { createFakeExecutions } from '../fakes/executions.ts';
import { createFakeInventory } from '../fakes/inventory.ts';
import { createManualClock } from '../fakes/manual-clock.ts';
import { createStateBucket, type StateBucket } from '../fakes/state-bucket.ts';
import { paymentYaml } from '../given/configuration.ts';
import { hostNamed } from '../given/hosts.ts';
import { hosts } from '../given/recorded-deployment.ts';
import { localStage } from '../given/stages.ts';
import { type RecordingOutput, recordingOutput } from './recording-output.ts';

interface Started {
  readonly name: string;
  readonly executionArn: string;
  readonly deploymentId: string;
  readonly input: unknown;
}

/**
 * A person at a terminal and all that was written and done: for the CLI's tests. No deployment runs in it; the ledger holds
 * what a test puts there, from the recorded deployments, and whenever it says. What the engine itself does with a request
 * is tried by the machine tests, in a world that has no terminal.
 */
export interface FakeWorld {
  readonly world: World;
  readonly ports: Ports;
  readonly ledger: StateBucket;
  readonly stdout: RecordingOutput;
  readonly stderr: RecordingOutput;
  readonly uploads: readonly Uint8Array[];
  readonly started: readonly Started[];
  /** Stages that a command asked for. */
  readonly asked: readonly StageAddress[];
  readonly executions: Map<string, ExecutionInfo>;
  readonly files: Map<string, Uint8Array>;
  /** Commands that went to hosts, and what each host answers to one; a host without an answer is at work for ever. */
  readonly sent: readonly HostCommand[];
  readonly answers: Map<string, HostAnswer>;
  /** What CloudWatch has. */
  alarms: readonly Alarm[];
  /** What becomes of the next execution, at once when it starts. */
  whenStarted: (started: Started) => void;
  /** At so many milliseconds of following something happens. */
  at(milliseconds: number, what: () => void): void;
  interrupt(): void;
  run(...argv: readonly string[]): Promise<number>;
}

// Whoever runs the tests may have set these for work of their own.
for (const name of ['ROLLGATE_STAGE', 'ROLLGATE_SERVICE', 'AWS_PROFILE']) {
  delete process.env[name];
}

const longestFollowingSeconds = 600;

/** In the place of a call that the CLI has no business with. */
const never = (what: string) => () => Promise.reject(new Error(`the CLI ${what}`));

export function fakeWorld(
  options: {
    readonly isTerminal?: boolean;
    readonly hosts?: readonly Host[];
    readonly stage?: Stage;
    readonly inspection?: StageInspection;
  } = {},
): FakeWorld {
  const clock = createManualClock();
  const beginning = clock.now();
  const ledger = createStateBucket();
  const stdout = recordingOutput(options);
  const stderr = recordingOutput(options);
  const started: Started[] = [];
  const asked: StageAddress[] = [];
  const files = new Map<string, Uint8Array>([['services/payment.yml', Buffer.from(paymentYaml)]]);
  const listeners = new Set<() => void>();
  let unique = 0;

  const executions = createFakeExecutions(clock, {
    onStarted({ name, executionArn, startedAt, input }) {
      const begun = {
        name,
        executionArn,
        deploymentId: deploymentIdOf(executionArn, startedAt),
        input: JSON.parse(input),
      };
      started.push(begun);
      fake.whenStarted(begun);
    },
  });
  const artifacts = createArtifactBucket(ledger, clock, ({ bucket, key, versionId }) => {
    void executions.start(executionNames.ofUpload(bucket, key, versionId), { upload: versionId });
  });
  const commands = createFakeCommands();
  const inventory = createFakeInventory(() => options.hosts ?? shop);
  const ports: Ports = {
    stage: options.stage ?? localStage,
    clock: { now: clock.now, wait: async () => {} },
    ledger,
    artifacts,
    alarms: createFakeAlarms(() => fake.alarms),
    inventory: { ...inventory, stateOf: never('asks for all hosts') },
    securityGroups: { ends: never('asks for no security groups') },
    commands: {
      ...commands,
      documents: never('sends no command of a deployment'),
      find: never('repeats no command'),
      send: (command) =>
        command.document === 'inspect' ? commands.send(command) : never('sends no command of a deployment')(),
      cancel: never('cancels no command'),
    },
    executions: {
      ...executions,
      stop: never('stops nothing'),
      taskSucceeded: never('ends no task'),
      taskFailed: never('ends no task'),
    },
    balancer: {
      ...createFakeBalancer(),
      register: never('registers nothing'),
      deregister: never('deregisters nothing'),
    },
  };

  const world: World = {
    stdout,
    stderr,
    commandName: 'rollgate',
    stageOptions: '',
    version: '0.1.0',
    user: 'alice',
    async connect(address) {
      asked.push(address);
      return ports;
    },
    inspectorOf: async () => options.inspection ?? null,
    async readFile(path) {
      const bytes = files.get(path);
      if (bytes === undefined) {
        throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
      }
      return bytes;
    },
    configPath: (service) => `services/${service}.yml`,
    uniqueId: () => `unique-${++unique}`,
    async sleep(milliseconds) {
      await clock.advance(milliseconds / 1000);
      if (clock.now() > beginning + longestFollowingSeconds * 1000) {
        throw new Error(`nothing ended it within ${longestFollowingSeconds} s`);
      }
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  const fake: FakeWorld = {
    world,
    ports,
    ledger,
    stdout,
    stderr,
    uploads: artifacts.uploads,
    started,
    asked,
    files,
    executions: executions.known,
    sent: commands.sent,
    answers: commands.answers,
    alarms: [],
    whenStarted: () => {},
    at: (milliseconds, what) => void clock.schedule(milliseconds, what),
    interrupt: () => {
      for (const listener of listeners) {
        listener();
      }
    },
    run: (...argv) => runCli(argv, world),
  };
  return fake;
}

/** Puts a deployment into the ledger as its handlers would have left it, under another id where one is given. */
export function givenDeployment(ledger: StateBucket, record: DeploymentRecord, id = record.deploymentId): void {
  const { service } = record.stage;
  const own = <T extends object>(value: T): T => ({ ...value, deploymentId: id });
  if (record.admitted !== null) {
    ledger.given(keys.request(service, id), own(record.admitted));
  }
  if (record.plan !== null) {
    ledger.given(keys.plan(service, id), record.plan);
  }
  for (const decision of record.decisions) {
    ledger.given(keys.decision(service, id, decision.round), decision);
  }
  for (const { intent, outcome } of record.steps) {
    const key = keys.step(service, id, intent.instanceId, intent.action, intent.attempt);
    ledger.given(`${key}.intent.json`, intent);
    if (outcome !== null) {
      ledger.given(`${key}.json`, outcome);
    }
  }
  for (const error of record.errors) {
    ledger.given(keys.stepError(service, id, error), error);
  }
  for (const { verb, ...word } of record.words) {
    ledger.given(keys.control(service, verb, id, word), word);
  }
  if (record.outcome !== null) {
    ledger.given(keys.outcome(service, id), own(record.outcome));
  }
}

function instance(instanceId: string, service: string, privateAddress: string, name: string, zone: string): Host {
  return hostNamed(name, {
    instanceId,
    zone,
    privateAddress,
    tags: { Name: name, Service: service },
    isSimulated: false,
  });
}

/** Three payment hosts and what they call. */
export const shop: readonly Host[] = [
  ...hosts.map((host) => instance(host.instanceId, 'payment', host.privateAddress, host.name, host.zone)),
  instance('i-0000000000000000c', 'cart', '10.213.77.21', 'cart', 'eu-west-1a'),
  instance('i-0000000000000000d', 'user', '10.213.77.22', 'user', 'eu-west-1a'),
  instance('i-0000000000000000e', 'rabbitmq', '10.213.77.23', 'rabbitmq', 'eu-west-1a'),
];
