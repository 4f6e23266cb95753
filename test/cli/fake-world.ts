import { readFileSync } from 'node:fs';
import { runCli } from '../../cli/program.ts';
import type { World } from '../../cli/world.ts';
import type {
  ArtifactVersion,
  ExecutionInfo,
  Host,
  Invocation,
  Ports,
  SendResult,
  Stage,
} from '../../clients/ports.ts';
import type { StageAddress } from '../../clients/stage-address.ts';
import type { StageInspection } from '../../clients/stage-inspection.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import type { HostCommand } from '../../core/host/host-commands.ts';
import type { Alarm } from '../../core/rollout/alarms.ts';
import type { DeploymentRecord } from '../../core/views/deployment-view.ts';
import { deploymentIdOf, keys } from '../../ledger/keys.ts';
import { beginning, hosts } from '../fakes/deployment-story.ts';
import { createMemoryLedger, type MemoryLedger } from '../fakes/memory-ledger.ts';
import { type RecordingOutput, recordingOutput } from './recording-output.ts';

export interface Started {
  readonly name: string;
  readonly executionArn: string;
  readonly deploymentId: string;
  readonly input: unknown;
}

export type FakeAnswer =
  | { readonly kind: 'answered'; readonly invocation: Partial<Invocation> }
  | Extract<SendResult, { readonly kind: 'refused' }>;

/** A person at a terminal, an engine that does what a test says, and all that was written and done. */
export interface FakeWorld {
  readonly world: World;
  readonly ports: Ports;
  readonly ledger: MemoryLedger;
  readonly stdout: RecordingOutput;
  readonly stderr: RecordingOutput;
  readonly uploads: readonly Uint8Array[];
  readonly started: readonly Started[];
  /** Stages that a command asked for. */
  readonly asked: readonly StageAddress[];
  readonly executions: Map<string, ExecutionInfo>;
  readonly files: Map<string, Uint8Array>;
  /** Zips in the ledger, by their keys. */
  readonly copies: Map<string, Uint8Array>;
  /** Commands that went to hosts, and what each host answers to one; a host without an answer is at work for ever. */
  readonly sent: readonly HostCommand[];
  readonly answers: Map<string, FakeAnswer>;
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

const prefix = 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:';

export function fakeWorld(
  options: {
    readonly isTerminal?: boolean;
    readonly hosts?: readonly Host[];
    readonly stage?: Stage;
    readonly inspection?: StageInspection;
  } = {},
): FakeWorld {
  const ledger = createMemoryLedger();
  const stdout = recordingOutput(options);
  const stderr = recordingOutput(options);
  const uploads: Uint8Array[] = [];
  const versions: ArtifactVersion[] = [];
  const started: Started[] = [];
  const asked: StageAddress[] = [];
  const executions = new Map<string, ExecutionInfo>();
  const copies = new Map<string, Uint8Array>();
  const sent: HostCommand[] = [];
  const answers = new Map<string, FakeAnswer>();
  const files = new Map<string, Uint8Array>([['services/payment.yml', readFileSync('services/payment.yml')]]);
  const events: { readonly at: number; readonly what: () => void }[] = [];
  const listeners = new Set<() => void>();
  let now = beginning;
  let unique = 0;

  const begin = (name: string, input: unknown): string => {
    const executionArn = `${prefix}${name}`;
    const startedAt = new Date(now).toISOString();
    executions.set(executionArn, {
      ...{ executionArn, name, status: 'RUNNING', startedAt, input: JSON.stringify(input) },
    });
    const begun = { name, executionArn, deploymentId: deploymentIdOf(executionArn, startedAt), input };
    started.push(begun);
    fake.whenStarted(begun);
    return executionArn;
  };

  const ports: Ports = {
    stage: options.stage ?? {
      ...{ service: 'payment', name: 'local', region: 'eu-west-1', kind: 'embedded' },
      ...{ stateBucket: 'rollgate-state-local', artifactBucket: 'roboshop-builds' },
    },
    clock: { now: () => now, wait: async () => {} },
    ledger,
    artifacts: {
      versions: async () => versions,
      async read(versionId) {
        const index = versions.findIndex((version) => version.versionId === versionId);
        return uploads[versions.length - 1 - index] ?? new Uint8Array();
      },
      readCopy: async (key) => copies.get(key) ?? new Uint8Array(),
      copyToLedger: async () => ({ sha256: '' }),
      async upload(body) {
        uploads.push(body);
        const version = {
          ...{ bucket: 'roboshop-builds', key: 'payment.zip', versionId: `version-${uploads.length}`, etag: 'e' },
          ...{ bytes: body.length, uploadedAt: new Date(now).toISOString() },
        };
        versions.unshift(version);
        begin(executionNames.ofUpload(version.bucket, version.key, version.versionId), { upload: version.versionId });
        return version;
      },
    },
    inventory: {
      hosts: async (tags) =>
        (options.hosts ?? shop).filter((host) =>
          Object.entries(tags).every(([key, value]) => host.tags[key] === value),
        ),
      stateOf: () => Promise.reject(new Error('the CLI asks for all hosts')),
    },
    securityGroups: { ends: () => Promise.reject(new Error('the CLI asks for no security groups')) },
    commands: {
      document: async (kind) => ({ name: `rollgate-payment-local-${kind}`, version: '3', hash: 'f'.repeat(64) }),
      documents: () => Promise.reject(new Error('the CLI sends no commands')),
      async send(command) {
        if (command.document !== 'inspect') throw new Error('the CLI sends no command of a deployment');
        sent.push(command);
        const answer = answers.get(command.instanceId);
        return answer?.kind === 'refused' ? answer : { kind: 'sent', commandId: `command-${sent.length}` };
      },
      find: () => Promise.reject(new Error('the CLI sends no commands')),
      async invocation(commandId, instanceId) {
        const answer = answers.get(instanceId);
        const ended = { commandId, instanceId, responseCode: 0, stdout: '', stderr: '' };
        if (answer === undefined || answer.kind === 'refused') return undefined;
        return { ...ended, status: 'Success', statusDetails: 'Success', ...answer.invocation };
      },
      cancel: () => Promise.reject(new Error('the CLI sends no commands')),
    },
    alarms: { describe: async (names) => fake.alarms.filter((alarm) => names.includes(alarm.name)) },
    executions: {
      arnOf: (name) => `${prefix}${name}`,
      start: async (name, input) => ({ kind: 'started', executionArn: begin(name, input) }),
      describe: async (executionArn) => executions.get(executionArn),
      stop: () => Promise.reject(new Error('the CLI stops nothing')),
      taskSucceeded: async () => false,
      taskFailed: async () => false,
    },
    balancer: {
      targetGroup: async () => undefined,
      targets: async () => undefined,
      register: () => Promise.reject(new Error('the CLI registers nothing')),
      deregister: () => Promise.reject(new Error('the CLI registers nothing')),
    },
  };

  const world: World = {
    ...{ stdout, stderr, commandName: 'rollgate', stageOptions: '', version: '0.1.0', user: 'alice' },
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
      // What is under way gets its answers before time goes on.
      await new Promise(setImmediate);
      now += milliseconds;
      for (const event of events.splice(0)) {
        if (beginning + event.at <= now) {
          event.what();
        } else {
          events.push(event);
        }
      }
      if (now > beginning + 600_000) {
        throw new Error('nothing ended it within 10 minutes');
      }
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  const fake: FakeWorld = {
    ...{ world, ports, ledger, stdout, stderr, uploads, started, asked, executions, files, copies, sent, answers },
    alarms: [],
    whenStarted: () => {},
    at: (milliseconds, what) => void events.push({ at: milliseconds, what }),
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
export function givenDeployment(ledger: MemoryLedger, record: DeploymentRecord, id = record.deploymentId): void {
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
  for (const { verb, ...word } of record.words) {
    ledger.given(keys.control(service, verb, id, word), word);
  }
  if (record.outcome !== null) {
    ledger.given(keys.outcome(service, id), own(record.outcome));
  }
}

/** A stage as it stands on AWS. */
export const prod: Stage = {
  ...{ service: 'payment', name: 'prod', region: 'eu-west-1', accountId: '123456789012', kind: 'aws' },
  ...{ stateBucket: 'rollgate-payment-prod-state-123456789012-eu-west-1', artifactBucket: 'roboshop-builds' },
};

function instance(instanceId: string, service: string, privateAddress: string, name: string, zone: string): Host {
  return {
    ...{ instanceId, name, zone, privateAddress, state: 'running', ping: 'Online', isSimulated: false },
    tags: { Name: name, Service: service },
  };
}

/** Three payment hosts and what they call. */
export const shop: readonly Host[] = [
  ...hosts.map((host) => instance(host.instanceId, 'payment', host.privateAddress, host.name, host.zone)),
  instance('i-0000000000000000c', 'cart', '10.213.77.21', 'cart', 'eu-west-1a'),
  instance('i-0000000000000000d', 'user', '10.213.77.22', 'user', 'eu-west-1a'),
  instance('i-0000000000000000e', 'rabbitmq', '10.213.77.23', 'rabbitmq', 'eu-west-1a'),
];
