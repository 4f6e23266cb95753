import type { Host, Ports } from '../../clients/ports.ts';
import type { Alarm } from '../../core/model/alarm-reading.ts';
import type { AdmittedDeployment, DeploymentPlan } from '../../core/model/deployment-records.ts';
import type { Lock, TargetState } from '../../core/model/target-state.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { providePorts } from '../../functions/runtime/ports.ts';
import { resolveConfiguration } from '../../ledger/config/resolve-configuration.ts';
import { publishServiceConfig } from '../../ledger/config/service-config.ts';
import { keys } from '../../ledger/keys.ts';
import { changeState } from '../../ledger/lock/target-state.ts';
import { storeRelease } from '../../ledger/release/releases.ts';
import { writeAdmitted, writePlan } from '../../ledger/rollout/deployments.ts';
import { createFakeAlarms } from '../fakes/alarms.ts';
import { type ArtifactBucket, createArtifactBucket } from '../fakes/artifact-bucket.ts';
import { artifactZip, requirements } from '../fakes/artifact-zips.ts';
import { createFakeBalancer, type FakeBalancer } from '../fakes/balancer.ts';
import { createFakeCommands, type FakeCommands } from '../fakes/commands.ts';
import { createFakeExecutions, type FakeExecutions } from '../fakes/executions.ts';
import { createFakeInventory } from '../fakes/inventory.ts';
import { createSecurityGroups, type GivenSecurityGroups } from '../fakes/security-groups.ts';
import { createStateBucket, type StateBucket } from '../fakes/state-bucket.ts';
import { createVirtualTime, type VirtualTime } from '../fakes/virtual-time.ts';
import { paymentYaml, serviceConfig } from '../given/configuration.ts';
import { admittedDeployment, deploymentId, deploymentPlan, executionArn } from '../given/deployment.ts';
import { hostNamed, plannedHost } from '../given/hosts.ts';
import { lockOf } from '../given/lock.ts';
import { artifactOf, manifestOf } from '../given/releases.ts';
import { localStage } from '../given/stages.ts';

export const fence = 1_795_380_300;

/**
 * The world of one handler: every port is a small service in memory, and nothing happens by itself. A handler's test calls
 * `run` once and reads what it did; what follows from that belongs to the machine tests, whose world also runs the state
 * machine, the hosts and the clock.
 */
export interface GivenPorts
  extends Pick<FakeBalancer, 'givenGroup' | 'givenTargets' | 'givenRegistration'>,
    Pick<FakeCommands, 'sent' | 'givenSend' | 'givenInvocation' | 'givenReport'>,
    Pick<FakeExecutions, 'givenExecution' | 'givenDeadToken'> {
  readonly ports: Ports;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly time: VirtualTime;
  readonly securityGroups: GivenSecurityGroups;
  /** `send activate a`, `answer token {"status":"done"}`, `start name {…}`, in order. */
  readonly deeds: readonly string[];
  /** What CloudWatch has, or answers. */
  givenAlarms(alarms: readonly Alarm[] | Error): void;
  givenHosts(...hosts: readonly Partial<Host>[]): void;
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
  const tell = (deed: string): void => void deeds.push(deed);
  let alarms: readonly Alarm[] | Error = [];
  let hosts: readonly Host[] = ['a', 'b', 'c'].map((name) => hostNamed(name));

  const securityGroups = createSecurityGroups();
  const commands = createFakeCommands(tell);
  const balancer = createFakeBalancer(tell);
  const executions = createFakeExecutions(time, { tell });
  const ports: Ports = {
    stage: localStage,
    clock: { now: () => time.now(), wait: async () => undefined },
    ledger: bucket,
    artifacts,
    inventory: createFakeInventory(() => [...hosts, ...upstreams]),
    securityGroups,
    commands,
    balancer,
    executions,
    alarms: createFakeAlarms(() => alarms, tell),
  };
  providePorts(() => ports);
  await publishServiceConfig(ports, paymentYaml, 'test');
  const release = await givenRelease(ports);

  const givenState: GivenPorts['givenState'] = async (change) => {
    await changeState(ports, change);
  };
  return {
    ports,
    bucket,
    artifacts,
    time,
    securityGroups,
    deeds,
    sent: commands.sent,
    givenExecution: executions.givenExecution,
    givenDeadToken: executions.givenDeadToken,
    givenSend: commands.givenSend,
    givenInvocation: commands.givenInvocation,
    givenReport: commands.givenReport,
    givenAlarms: (given) => {
      alarms = given;
    },
    givenGroup: balancer.givenGroup,
    givenTargets: balancer.givenTargets,
    givenRegistration: balancer.givenRegistration,
    givenHosts: (...given) => {
      hosts = given.map((more, index) => hostNamed('abcdef'.charAt(index), more));
    },
    givenAdmitted: (more) => writeAdmitted(ports, admittedDeployment({ release, stable: null, ...more })),
    givenPlan: (more) => writePlan(ports, deploymentId, deploymentPlan(hosts.map(plannedHost), more)),
    async givenLock(more) {
      const lock = lockOf(deploymentId, { executionArn, fence, by: 'anna', ...more });
      executions.givenExecution(lock.executionArn, 'RUNNING');
      await givenState((state) => ({ ...state, fence, lock }));
    },
    givenState,
    state: () => bucket.json(keys.state('payment')) as TargetState,
  };
}

/** What the payment service calls. */
const upstreams = ['cart', 'user', 'rabbitmq'].map((name, index) =>
  hostNamed('def'.charAt(index), { name, privateAddress: '10.0.0.9', tags: { Service: name } }),
);

async function givenRelease(ports: Ports): Promise<AdmittedDeployment['release']> {
  const zip = await artifactZip(1);
  const { versionId } = await ports.artifacts.upload(zip);
  const configuration = await resolveConfiguration(ports, serviceConfig);
  const artifact = { ...artifactOf(1, zip, requirements), versionId };
  const stored = await storeRelease(ports, (number) => manifestOf(number, artifact, configuration));
  const { number, releaseId } = stored.manifest;
  return { number, releaseId, manifestSha256: stored.manifestSha256, versionId };
}
