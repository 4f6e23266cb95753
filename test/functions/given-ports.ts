import { readFileSync } from 'node:fs';
import type {
  Commands,
  ExecutionStatus,
  Host,
  Invocation,
  Ports,
  RegistrationResult,
  SendResult,
  TargetGroup,
  TargetHealth,
} from '../../clients/ports.ts';
import { sha256Hex } from '../../core/canonical-json.ts';
import { environmentLookups, resolveEnvironment } from '../../core/config/resolve-environment.ts';
import { parseServiceConfig } from '../../core/config/service-config.ts';
import type { AdmittedDeployment, DeploymentPlan } from '../../core/deployment-records.ts';
import type { HostCommand } from '../../core/host/host-commands.ts';
import type { HostReport } from '../../core/host/host-report.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import type { Alarm } from '../../core/rollout/alarms.ts';
import type { Lock, TargetState } from '../../core/target-state.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { providePorts } from '../../functions/runtime/ports.ts';
import { writeAdmitted, writePlan } from '../../ledger/deployments.ts';
import { keys } from '../../ledger/keys.ts';
import { storeRelease } from '../../ledger/releases.ts';
import { publishServiceConfig } from '../../ledger/service-config.ts';
import { changeState } from '../../ledger/target-state.ts';
import { policy } from '../core/given-rollout.ts';
import { type ArtifactBucket, createArtifactBucket } from '../fakes/artifact-bucket.ts';
import { artifactZip, requirements } from '../fakes/artifact-zips.ts';
import { createSecurityGroups, type GivenSecurityGroups } from '../fakes/security-groups.ts';
import { createStateBucket, type StateBucket } from '../fakes/state-bucket.ts';
import { createVirtualTime, type VirtualTime } from '../fakes/virtual-time.ts';

const paymentYaml = readFileSync('services/payment.yml', 'utf8');
export const deploymentId = 'd-20261122-204500-1a2b3c';
export const executionArn = 'arn:execution:one';
export const fence = 1_795_380_300;
export const arnOf = (name: string): string => `arn:execution:${name}`;
export const idOf = (name: string): string => `i-${name.padStart(17, '0')}`;

/** Small in-memory services for one handler; what it does to Step Functions and SSM is written down. */
export interface GivenPorts {
  readonly ports: Ports;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly time: VirtualTime;
  readonly securityGroups: GivenSecurityGroups;
  /** `send activate a`, `answer token {"status":"done"}`, `start name {…}`, in order. */
  readonly deeds: readonly string[];
  readonly sent: readonly HostCommand[];
  givenExecution(executionArn: string, status: ExecutionStatus): void;
  /** Nobody waits for this token any more. */
  givenDeadToken(token: string): void;
  /** What SSM answers to the next send; otherwise it takes the command as `command-1`, `command-2`, … */
  givenSend(answer: SendResult | Error): void;
  givenInvocation(commandId: string, invocation: Partial<Invocation>): void;
  /** The host answers the newest command so. */
  givenReport(more?: Partial<HostReport>): void;
  /** What CloudWatch has, or answers. */
  givenAlarms(alarms: readonly Alarm[] | Error): void;
  givenHosts(...hosts: readonly Partial<Host>[]): void;
  /** The load balancer has this target group. */
  givenGroup(group: TargetGroup): void;
  /** What the group says of its targets from now on; undefined: it is gone. */
  givenTargets(targets: readonly TargetHealth[] | undefined): void;
  /** What the next registration or deregistration is answered; otherwise it is done. */
  givenRegistration(answer: RegistrationResult): void;
  givenAdmitted(more?: Partial<AdmittedDeployment>): Promise<AdmittedDeployment>;
  givenPlan(more?: Partial<DeploymentPlan>): Promise<DeploymentPlan>;
  givenLock(more?: Partial<Lock>): Promise<void>;
  givenState(change: (state: TargetState) => TargetState): Promise<void>;
  state(): TargetState;
}

/** A published configuration, three tagged hosts and release v1; nothing is deployed. */
export async function givenPorts(): Promise<GivenPorts> {
  logTo(() => undefined);
  const time = createVirtualTime();
  const bucket = createStateBucket();
  const artifacts = createArtifactBucket(bucket, time, () => undefined);
  const deeds: string[] = [];
  const sent: HostCommand[] = [];
  const executions = new Map<string, ExecutionStatus>();
  const deadTokens = new Set<string>();
  const answersToSend: (SendResult | Error)[] = [];
  const invocations = new Map<string, Invocation>();
  const groups = new Map<string, TargetGroup>();
  let targets: readonly TargetHealth[] | undefined = [];
  const answersToRegister: RegistrationResult[] = [];
  let alarms: readonly Alarm[] | Error = [];
  let hosts: readonly Host[] = ['a', 'b', 'c'].map((name) => hostNamed(name));

  const named = (kind: string) => ({ name: `rollgate-payment-${kind}`, version: '3', hash: 'f'.repeat(64) });
  const commands: Commands = {
    async documents() {
      return {
        install: named('install'),
        activate: named('activate'),
        verify: named('verify'),
        settle: named('settle'),
      };
    },
    document: async (kind) => named(kind),
    async send(command) {
      const answer = answersToSend.shift();
      deeds.push(`send ${command.document} ${command.instanceId.replace(/^i-0*/, '')}`);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return answer;
      sent.push(command);
      return { kind: 'sent', commandId: `command-${sent.length}` };
    },
    async find(instanceId, comment) {
      deeds.push(`find ${instanceId.replace(/^i-0*/, '')}`);
      const index = sent.findIndex((each) => each.instanceId === instanceId && each.comment === comment);
      return index === -1 ? undefined : `command-${index + 1}`;
    },
    invocation: async (commandId) => invocations.get(commandId),
    async cancel() {},
  };

  function givenInvocation(commandId: string, invocation: Partial<Invocation>): void {
    const instanceId = sent.at(-1)?.instanceId ?? '';
    const ended = { status: 'Success', statusDetails: 'Success', responseCode: 0, stdout: '', stderr: '' } as const;
    invocations.set(commandId, { commandId, instanceId, ...ended, ...invocation });
  }

  const securityGroups = createSecurityGroups();
  const ports: Ports = {
    stage: {
      service: 'payment',
      name: 'local',
      region: 'eu-west-1',
      stateBucket: 'rollgate-state-local',
      artifactBucket: 'roboshop-builds',
      kind: 'embedded',
    },
    clock: { now: () => time.now(), wait: async () => undefined },
    ledger: bucket,
    artifacts,
    inventory: {
      hosts: async (tags) =>
        tags['Service'] === 'payment' ? hosts : [{ ...hostNamed('f'), privateAddress: '10.0.0.9', tags }],
      stateOf: async (instanceId) => hosts.find((host) => host.instanceId === instanceId)?.state ?? 'terminated',
    },
    securityGroups,
    commands,
    balancer: {
      targetGroup: async (name) => groups.get(name),
      targets: async () => targets,
      async register(_, target) {
        deeds.push(`register ${target.instanceId.replace(/^i-0*/, '')}:${target.port}`);
        return answersToRegister.shift() ?? { kind: 'done' };
      },
      async deregister(_, target) {
        deeds.push(`deregister ${target.instanceId.replace(/^i-0*/, '')}:${target.port}`);
        return answersToRegister.shift() ?? { kind: 'done' };
      },
    },
    alarms: {
      async describe(names) {
        deeds.push(`describe ${names.join(', ')}`);
        if (alarms instanceof Error) throw alarms;
        return alarms.filter((alarm) => names.includes(alarm.name));
      },
    },
    executions: {
      arnOf,
      async start(name, input) {
        deeds.push(`start ${name} ${JSON.stringify(input)}`);
        const isNew = !executions.has(arnOf(name));
        if (isNew) executions.set(arnOf(name), 'RUNNING');
        return { kind: isNew ? 'started' : 'exists', executionArn: arnOf(name) };
      },
      async describe(arn) {
        const status = executions.get(arn);
        return status === undefined
          ? undefined
          : { executionArn: arn, name: arn, status, startedAt: 'then', input: '{}' };
      },
      stop: async () => undefined,
      async taskSucceeded(token, output) {
        deeds.push(`answer ${token} ${JSON.stringify(output)}`);
        return !deadTokens.has(token);
      },
      async taskFailed(token, error) {
        deeds.push(`fail ${token} ${error}`);
        return !deadTokens.has(token);
      },
    },
  };
  providePorts(() => ports);
  await publishServiceConfig(ports, paymentYaml, 'test');
  const release = await givenRelease(ports, artifacts);

  const given: GivenPorts = {
    ports,
    bucket,
    artifacts,
    time,
    securityGroups,
    deeds,
    sent,
    givenExecution: (arn, status) => void executions.set(arn, status),
    givenDeadToken: (token) => void deadTokens.add(token),
    givenSend: (answer) => void answersToSend.push(answer),
    givenInvocation,
    givenReport(more = {}) {
      const command = sent.at(-1);
      if (command === undefined) throw new Error('nothing was sent yet');
      const { parameters, document } = command;
      if (document === 'inspect') throw new Error('no step of a deployment inspects');
      const report: HostReport = {
        schema: 1,
        script: document,
        service: 'payment',
        deploymentId,
        key: parameters['key'] ?? '',
        fence: Number(parameters['fence']),
        outcome: 'done',
        replayed: false,
        message: 'as told',
        startedAtSeconds: 1,
        finishedAtSeconds: 2,
        host: { running: 'v1', isActive: true, isHealthy: true, mainPid: 1, fence: Number(parameters['fence']) },
        ...more,
      };
      const status = report.outcome === 'done' ? 'Success' : 'Failed';
      givenInvocation(`command-${sent.length}`, { status, statusDetails: status, stdout: JSON.stringify(report) });
    },
    givenAlarms: (given) => {
      alarms = given;
    },
    givenHosts: (...more) => {
      hosts = more.map((host, index) => ({ ...hostNamed('abcdef'.charAt(index)), ...host }));
    },
    givenGroup: (group) => void groups.set(group.name, group),
    givenTargets: (more) => {
      targets = more;
    },
    givenRegistration: (answer) => void answersToRegister.push(answer),
    givenAdmitted: (more = {}) =>
      writeAdmitted(ports, {
        deploymentId,
        executionArn,
        trigger: 'person',
        request: { kind: 'newest', isDryRun: false },
        by: 'anna',
        admittedAt: new Date(time.now()).toISOString(),
        isDryRun: false,
        isRollback: false,
        release,
        stable: null,
        warnings: [],
        ...more,
      }),
    async givenPlan(more = {}) {
      return writePlan(ports, deploymentId, {
        hosts: hosts.map(({ instanceId, name, zone, privateAddress, isSimulated }) => ({
          ...{ instanceId, name, zone, privateAddress, isSimulated },
        })),
        skipped: [],
        downElsewhere: 0,
        secondsPerHost: 30,
        isWholeTarget: true,
        policy,
        documents: await commands.documents(),
        plannedAt: new Date(time.now()).toISOString(),
        ...more,
      });
    },
    async givenLock(more = {}) {
      executions.set(more.executionArn ?? executionArn, 'RUNNING');
      await given.givenState((state) => ({
        ...state,
        fence,
        lock: {
          ...{ deploymentId, executionArn, fence, acquiredAt: 'then', by: 'anna' },
          ...{ purpose: 'rollout', repairs: 0, isRollback: false },
          ...more,
        },
      }));
    },
    async givenState(change) {
      await changeState(ports, change);
    },
    state: () => bucket.json(keys.state('payment')) as TargetState,
  };
  return given;
}

async function givenRelease(ports: Ports, artifacts: ArtifactBucket): Promise<AdmittedDeployment['release']> {
  const body = await artifactZip(1);
  const { versionId, key, bucket, bytes } = await artifacts.upload(body);
  const config = parseServiceConfig(paymentYaml);
  const lookups = environmentLookups(config, 'local');
  const found = await Promise.all(
    lookups.map(async ({ key: name, tags }) => [name, await ports.inventory.hosts(tags)]),
  );
  const configuration = resolveEnvironment(config, Object.fromEntries(found), 'local');
  const artifact = {
    ...{ bucket, key, versionId, bytes },
    sha256: sha256Hex(body),
    requirementsSha256: sha256Hex(requirements),
  };
  const stored = await storeRelease(ports, (number, zipKey) =>
    buildManifest({ number, zipKey, createdAt: 'then', artifact, configuration }),
  );
  const { number, releaseId } = stored.manifest;
  return { number, releaseId, manifestSha256: stored.manifestSha256, versionId };
}

function hostNamed(name: string): Host {
  return {
    instanceId: idOf(name),
    name,
    zone: 'eu-west-1a',
    privateAddress: '10.0.0.1',
    tags: { Service: 'payment' },
    state: 'running',
    ping: 'Online',
    isSimulated: true,
  };
}
