import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ports } from '../../clients/ports.ts';
import { createAlarmStore } from '../../local/alarms/alarm-store.ts';
import { createLocalBalancer } from '../../local/balancer/local-balancer.ts';
import { createTargetGroup } from '../../local/balancer/target-group.ts';
import { createInventory, type InventoryEntry } from '../../local/engine/inventory.ts';
import { createLocalSecurityGroups } from '../../local/engine/security-groups.ts';
import { createHostEndpoints } from '../../local/host-endpoints/host-endpoints.ts';
import { createParameterStore } from '../../local/host-endpoints/parameter-store.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import { createFileArtifacts } from '../../local/ledger/file-artifacts.ts';
import { createFileLedger } from '../../local/ledger/file-ledger.ts';
import type { AgentResult, HostAgent } from '../../local/run-command/host-agent.ts';
import { createLocalCommands } from '../../local/run-command/local-commands.ts';
import type { Definition } from '../../local/state-machine/definition.ts';
import { createExecutions } from '../../local/state-machine/executions.ts';
import { createSystemClock } from '../../local/state-machine/timer-clock.ts';
import { createPortFaults } from '../fakes/port-faults.ts';
import type { BackEnd, Bench, BenchOptions, GivenInstance } from './back-end.ts';
import { benchMachine } from './bench-machine.ts';
import type { CapabilityTable } from './capabilities.ts';

const isNoBucket = {
  why: 'uploads are files that nothing deletes, always with versions',
  instead: 'MiniStack and moto',
} as const;

export const embeddedCapabilities: CapabilityTable = {
  deleteMarkers: isNoBucket,
  unversionedArtifacts: isNoBucket,
  atomicReplace: true,
  atomicCreate: true,
  conditionalRemove: true,
  copyOnce: true,
  copyExactVersion: true,
  objectPages: { why: 'a directory has no pages', instead: 'MiniStack and moto' },
  instancePages: { why: 'a list in memory has no pages', instead: 'moto' },
  instanceZones: true,
  literalTags: true,
  terminatedInstances: {
    why: 'its hosts are booted, stopped and rebooted, never terminated',
    instead: 'MiniStack and moto',
  },
  instancePing: true,
  securityGroups: true,
  documents: true,
  sendCommand: true,
  oneInstance: true,
  commandOutput: true,
  refuseInstance: true,
  cancelCommand: true,
  executions: true,
  sameExecution: true,
  stopExecution: true,
  tokenOfStopped: true,
  tokenOnce: true,
  causeOfFailure: true,
  targetPorts: true,
  selectors: true,
  alarms: true,
  hostReads: true,
};

const region = 'eu-west-1';
const service = 'payment';
const stageName = 'prod';
const balancerName = 'payment-prod';

const document = JSON.stringify({
  schemaVersion: '2.2',
  parameters: { releaseId: { type: 'String', allowedPattern: '^v[0-9]+$' } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'go', inputs: { runCommand: ['true'], timeoutSeconds: '60' } }],
});

const definition: Definition = benchMachine({
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's spelling
  Parameters: { FunctionName: '${Park}', Payload: { 'taskToken.$': '$$.Task.Token' } },
});

/** The adapters of the embedded engine, over a folder. Its hosts are an agent that answers at once. */
export const embedded: BackEnd = {
  name: 'the embedded engine',
  capabilities: embeddedCapabilities,
  async open(options: BenchOptions = {}): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'rollgate-contract-'));
    const clock = createSystemClock();
    const artifactKey = options.artifactKey ?? 'payment.zip';
    const stateBucket = 'rollgate-state-local';
    const ledger = await createFileLedger({ directory: join(folder, 'ledger'), bucket: stateBucket, region, clock });
    const uploads = { directory: join(folder, 'uploads'), bucket: 'roboshop-builds', region, ledger, clock };
    const fleet = createFleet();
    const kinds = { install: document, activate: document, verify: document, settle: document, inspect: document };
    const { commands } = createLocalCommands({
      service,
      stage: stageName,
      documents: kinds,
      agentOf: fleet.agentOf,
      clock,
      region,
    });
    const executions = await createExecutions({
      definition,
      functions: { Park: async () => undefined },
      service,
      region,
      clock,
      directory: join(folder, 'executions'),
    });
    const group = createTargetGroup({ now: clock.now, probe: async () => ({ isOk: true }), drainMilliseconds: 1000 });
    const balancer = createLocalBalancer({ name: balancerName, region, group, beforeLook: group.check });
    const alarms = createAlarmStore({ region, clock, onChange: () => undefined });
    const ports: Ports = {
      stage: { service, name: stageName, region, stateBucket, artifactBucket: uploads.bucket, kind: 'embedded' },
      clock,
      ledger,
      artifacts: await createFileArtifacts({ ...uploads, key: artifactKey }),
      inventory: {
        hosts: (tags) => createInventory(fleet.entries).hosts(tags),
        stateOf: (instanceId) => createInventory(fleet.entries).stateOf(instanceId),
      },
      securityGroups: createLocalSecurityGroups({ entries: fleet.entries }),
      commands,
      executions,
      balancer,
      alarms,
    };
    const parameters = createParameterStore(undefined, clock.now);
    const endpoints = createHostEndpoints({
      listen: [{ address: '127.0.0.1', port: 0 }],
      hostOf: () => ({ instanceId: 'i-0a1', zone: `${region}a`, privateAddress: '127.0.0.1', role: 'rollgate-host' }),
      service,
      region,
      stateBucket,
      readObject: async (key) => (await ledger.readObject(key))?.body,
      parameters,
      parameterPrefix: `/${service}/${stageName}/`,
      clock,
      onAccess: () => undefined,
    });
    const { version, hash } = (await commands.documents()).settle;
    return {
      ports,
      artifactKey,
      documentVersion: version,
      documentHash: hash,
      async putInArtifactBucket(key, body) {
        const other = await createFileArtifacts({ ...uploads, key });
        await other.upload(Buffer.from(body));
      },
      deleteArtifact: () => Promise.reject(new Error(isNoBucket.why)),
      deleteArtifactVersion: () => Promise.reject(new Error(isNoBucket.why)),
      launch: async (instances) => fleet.launch(instances),
      stopInstance: async (instanceId) => fleet.stop(instanceId),
      makeTargetGroup: async () => balancerName,
      terminateInstance: () => Promise.reject(new Error('local hosts are never terminated')),
      async tokenOf(executionArn) {
        const find = () => executions.parked().find((task) => task.executionArn === executionArn)?.token;
        await until(`${executionArn} waits for its token`, () => find() !== undefined, deadline(60));
        return find() ?? '';
      },
      async portsThatLoseAnswers(how) {
        let calls = 0;
        const faults = createPortFaults((call) => {
          calls += /^ledger\.(create|replace|put)$/.test(call) ? 1 : 0;
        });
        // What the SDK makes of it: it tries again once an answer is lost, and gives up where all of them are.
        for (const call of ['ledger.create', 'ledger.replace'] as const) {
          faults.given(call, { kind: how === 'once' ? 'repeat' : 'lose-response' });
        }
        return { ports: faults.wrap(ports, { isOver: false }), lost: () => calls };
      },
      portsWithSmallPages: async () => ({ ports, pages: () => 1 }),
      setAlarm: async (name, state, reason) => alarms.set(name, state, reason),
      putSecret: async (name, value) => void parameters.put(name, value),
      async hostEndpoints() {
        const url = (await endpoints.open())[0]?.url ?? '';
        return { S3: url, SSM: url, IMDS: url };
      },
      async close() {
        await endpoints.close();
        await executions.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Instances that exist in memory, and an agent on each that runs every document to its end. */
function createFleet() {
  const entries: InventoryEntry[] = [];
  const stopped = new Set<string>();
  return {
    entries,
    launch(instances: readonly GivenInstance[]): readonly string[] {
      return instances.map(({ tags, zone = 'a' }) => {
        const octet = entries.length;
        const instanceId = `i-${octet.toString(16).padStart(17, '0')}`;
        const instance = { instanceId, name: tags['Name'] ?? instanceId, zone: `${region}${zone}`, octet, tags };
        const isRunning = (): boolean => !stopped.has(instanceId);
        entries.push({
          instance,
          privateAddress: `10.0.${octet >> 8}.${octet & 255}`,
          isSimulated: true,
          state: () => (isRunning() ? 'running' : 'stopped'),
          ping: () => (isRunning() ? 'Online' : 'ConnectionLost'),
        });
        return instanceId;
      });
    },
    stop: (instanceId: string) => void stopped.add(instanceId),
    agentOf(instanceId: string): HostAgent | undefined {
      const isThere = entries.some((entry) => entry.instance.instanceId === instanceId);
      const run: HostAgent['run'] = async (job) => success(`settle ${job.parameters['releaseId']}\n`);
      return isThere ? { instanceId, isOnline: () => !stopped.has(instanceId), run } : undefined;
    },
  };
}

function success(stdout: string): AgentResult {
  return { kind: 'finished', status: 'Success', responseCode: 0, stdout, stderr: 'narration\n', steps: [] };
}
