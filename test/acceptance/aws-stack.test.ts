import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsPorts } from '../../clients/aws/aws-ports.ts';
import { parseStageDirectory, type StageDirectory } from '../../clients/aws/aws-settings.ts';
import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import { stageDirectoryParameter } from '../../core/model/names.ts';
import { keys } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import type { HostMachine } from '../../local/hosts/host-machine.ts';
import { makeArtifact } from '../../samples/make-zip.ts';
import { ensurePythonTools } from '../../scripts/python-tools.ts';
import { type EmulatedStage, startEmulatedStage } from './emulator/emulated-stage.ts';
import { type EndedExecution, ended } from './emulator/executions.ts';
import { withProfileByArn } from './emulator/instances.ts';
import { createPerson, type Person } from './emulator/person.ts';
import { resourcesOf } from './emulator/resources.ts';
import { mainPid, until, whyNoHostTests } from './local-stage.ts';

const service = 'payment';
const stageName = 'dev';
const password = 'p@ss/w ö+rd&7';
const names = { name: 'test-aws-stack', service, stage: stageName };

const tools = await ensurePythonTools(console.warn);
const why = 'why' in tools ? tools.why : await whyNoHostTests();
if ('why' in tools) console.warn(`SKIPPED: the stack on an emulator of AWS: ${tools.why}`);

/**
 * The real stack, packaged and deployed as for AWS, on an implementation of the AWS APIs that nobody here wrote; its
 * instances are booted hosts. Told in order: each test starts where the one before it ended.
 */
describe.runIf(why === undefined)('the stack on an emulator of AWS', () => {
  let stage: EmulatedStage;
  let person: Person;
  let directory: StageDirectory;
  let ports: Ports;
  let sfn: SFNClient;
  let emptyAccount: readonly string[];

  const hosts = (): readonly HostMachine[] => stage.target.machines.slice(0, 3);

  /** What every host answers: status, body and version of `GET /health`. */
  const health = (): Promise<readonly string[]> =>
    Promise.all(
      hosts().map(async (host) => {
        try {
          const response = await fetch(`http://${host.addresses[0]}:8080/health`);
          return `${response.status} ${await response.text()} ${response.headers.get('x-payment-version')}`;
        } catch {
          return 'silent';
        }
      }),
    );
  const everywhere = (version: string): readonly string[] => Array(3).fill(`200 OK ${version}`);
  const pids = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(await Promise.all(hosts().map(async (host) => [host.instanceId, await mainPid(host)] as const)));

  /** By this command; then reads where everything is. */
  async function deployStack(deploy: () => Promise<unknown>): Promise<void> {
    await deploy();
    const parameter = stageDirectoryParameter(service, stageName);
    const text = await person.aws('ssm', 'get-parameter', '--name', parameter, '--query', 'Parameter.Value');
    directory = parseStageDirectory(parameter, text);
    ports = createAwsPorts(directory, { endpoint: stage.endpoint });
  }

  /** What a deployment could change: the resources, what the machine calls, and the documents that hosts are sent. */
  async function deployed() {
    const documents = await ports.commands.documents();
    return { resources: await resourcesOf(stage.emulator), definition: await definition(), documents };
  }

  function definition(): Promise<string> {
    const machine = ['--state-machine-arn', directory.stateMachineArn];
    return person.aws('stepfunctions', 'describe-state-machine', ...machine, '--query', 'definition');
  }

  /** Events that nobody took, in the queues of the stack. */
  async function deadLetters(): Promise<readonly string[]> {
    // For queues alone this command line does not follow AWS_ENDPOINT_URL.
    const sqs = (...args: readonly string[]) => person.aws('sqs', ...args, '--endpoint-url', stage.endpoint);
    const urls = (await sqs('list-queues', '--query', 'QueueUrls')).split(/\s+/);
    return Promise.all(urls.map((url) => sqs('receive-message', '--queue-url', url, '--query', 'Messages[].Body')));
  }

  async function upload(variant: string): Promise<EndedExecution> {
    const zip = person.file(`${variant}.zip`, await makeArtifact(variant));
    await person.aws('s3', 'cp', '--only-show-errors', zip, `s3://${directory.artifactBucket}/payment.zip`);
    const [newest] = await ports.artifacts.versions();
    if (newest === undefined) throw new Error(`${variant} was uploaded and is not in the bucket`);
    const name = executionNames.ofUpload(newest.bucket, newest.key, newest.versionId);
    const executionArn = ports.executions.arnOf(name);
    await until(async () => (await ports.executions.describe(executionArn)) !== undefined, `the start of ${name}`);
    return ended(executionArn, sfn, ports);
  }

  /** Types an input into the console. */
  function start(input: unknown): Promise<string> {
    const args = ['--state-machine-arn', directory.stateMachineArn, '--input', JSON.stringify(input)];
    return person.aws('stepfunctions', 'start-execution', ...args, '--query', 'executionArn');
  }

  async function run(input: unknown): Promise<EndedExecution> {
    return ended(await start(input), sfn, ports);
  }

  /** `rollgate configure`, with the service's own file but for a gate that is content sooner. */
  async function configure(bakeSeconds: number): Promise<string> {
    const yaml = await readFile(join(import.meta.dirname, '../../services/payment.yml'), 'utf8');
    const changed = yaml
      .replace(/^( {2}stableSeconds): .*$/m, '$1: 3')
      .replace(/^( {2}bakeSeconds): .*$/m, `$1: ${bakeSeconds}`);
    return person.rollgate('configure', '--stage', stageName, '--config', person.file('payment.yml', changed));
  }

  beforeAll(async () => {
    if ('why' in tools) throw new Error(tools.why);
    stage = await startEmulatedStage({ ...names, bin: tools.bin, password });
    person = createPerson({ environment: stage.environment, bin: tools.bin, folder: stage.folder });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    sfn = new SFNClient({ endpoint: stage.endpoint, region: stage.region, credentials });
    // The ports take credentials where every program does.
    process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey;
    emptyAccount = await resourcesOf(stage.emulator);
  });
  afterAll(async () => {
    await stage?.stop();
  });

  it('is made whole by one command, and its state machine calls published versions', async () => {
    await deployStack(stage.packager.deploy);

    expect(directory).toMatchObject({
      service,
      stage: stageName,
      accountId: stage.account,
      artifactKey: 'payment.zip',
    });
    const called = [...(await definition()).matchAll(/"FunctionName": *"([^"]+)"/g)].map((match) => match[1]);
    expect(called.length).toBeGreaterThan(7);
    expect(called.filter((arn) => !/:function:rollgate-payment-dev-[A-Za-z]+:1$/.test(arn ?? ''))).toEqual([]);
  });

  it('the doctor names what is missing and what to type, and typing it puts it right', async () => {
    const doctor = () => person.rollgate('doctor', '--stage', stageName).catch((error: Error) => error.message);

    const before = await doctor();
    const typed = before.split('\n').map((line) => line.trim());
    await person.shell(typed.filter((line) => line.startsWith('aws ')).map(withProfileByArn), { AMQP_PASS: password });
    await person.rollgate('configure', '--stage', stageName);
    const after = await doctor();

    expect(before).toContain('✗ configuration     none is in force');
    expect(before).toContain('✗ instance profile  without one');
    expect(before).toContain('! secrets           AMQP_PASS');
    expect(after.match(/^[✗!] .*$/gm)).toEqual(null);
  });

  it('an upload by the AWS command line rolls out: v1 on every host', async () => {
    await configure(0);

    const { status, outcome, visited } = await upload('v1');

    expect(outcome).toMatchObject({
      status: 'Succeeded',
      reason: { text: 'v1 runs on 3 hosts and every one passed its gate' },
    });
    expect(status).toBe('SUCCEEDED');
    expect(await health()).toEqual(everywhere('1.0'));
    expect(visited).toEqual([
      ...['Admit', 'Admitted', 'AcquireLock', 'Acquired', 'Plan', 'Stage', 'NextWave', 'Direction'],
      ...['Wave', 'NextWave', 'Direction', 'Wave', 'NextWave', 'Direction', 'Finish', 'Outcome', 'Succeeded'],
    ]);
  });

  it('the next upload rolls out: v2 on every host', async () => {
    const { outcome } = await upload('v2');

    expect(outcome.status).toBe('Succeeded');
    expect(await health()).toEqual(everywhere('2.0'));
  });

  it('a version that exits at its start is reverted on the first host: v2 serves', async () => {
    const before = await pids();

    const { status, error, outcome, visited } = await upload('exits-at-start');

    expect([status, error, outcome.status]).toEqual(['FAILED', 'GateFailedError', 'RolledBack']);
    expect(outcome.hosts.map((host) => host.status)).toEqual(['reverted', 'untouched', 'untouched']);
    expect(await health()).toEqual(everywhere('2.0'));
    const untouched = outcome.hosts.filter((host) => host.status === 'untouched').map((host) => host.instanceId);
    expect(await pids()).toMatchObject(Object.fromEntries(untouched.map((id) => [id, before[id]])));
    expect(visited).toEqual([
      ...['Admit', 'Admitted', 'AcquireLock', 'Acquired', 'Plan', 'Stage', 'NextWave', 'Direction'],
      ...['Wave', 'NextWave', 'Direction', 'Revert', 'NextWave', 'Direction', 'Finish', 'Outcome', 'RolledBack'],
    ]);
  });

  it('a rollback that a person starts in the console: v1 on every host', async () => {
    const { outcome } = await run({ rollback: true });

    expect(outcome.status).toBe('Succeeded');
    expect(await health()).toEqual(everywhere('1.0'));
  });

  it('the same release once more, from the console, touches no process', async () => {
    const before = await pids();

    const { outcome } = await run({ release: 'v1' });

    expect(outcome.status).toBe('Succeeded');
    expect(await pids()).toEqual(before);
  });

  it('an operator who writes halt wakes a rollout that bakes, and it is reverted', async () => {
    await configure(600);
    const executionArn = await start({ release: 'v2' });
    await until(async () => (await health()).includes('200 OK 2.0'), 'v2 on the first host');
    const { lock } = await readState(ports);
    if (lock === null) throw new Error('the rollout does not hold the lock');
    const word = { by: 'anna', at: new Date().toISOString(), reason: 'looks wrong' };
    const halt = person.file('halt.json', JSON.stringify(word));
    const key = keys.control(service, 'halt', lock.deploymentId, word);
    await person.aws('s3', 'cp', '--only-show-errors', halt, `s3://${directory.stateBucket}/${key}`);

    const { error, outcome } = await ended(executionArn, sfn, ports);

    expect([error, outcome.status]).toEqual(['HaltedError', 'RolledBack']);
    expect(await health()).toEqual(everywhere('1.0'));
  });

  it('deployed a second time it changes nothing, even where the packager is made to', async () => {
    const before = await deployed();

    const output = await stage.packager.deploy();
    await stage.packager.deployPackaged('--force');

    expect(output).toContain('No changes to deploy');
    expect(await deployed()).toEqual(before);
  });

  it('removed it leaves the state bucket and nothing else', async () => {
    expect(await deadLetters()).toEqual(['None']);

    await stage.packager.remove();

    const left = (await resourcesOf(stage.emulator)).filter((name) => !emptyAccount.includes(name));
    expect(left).toEqual([`bucket ${directory.stateBucket}`]);
  });

  it('made anew it adopts the state bucket and still knows the releases: v2 on every host', async () => {
    await deployStack(stage.packager.deployPackaged);
    await configure(0);

    const { outcome } = await run({ rollback: true, release: 'v2' });

    expect(outcome.status).toBe('Succeeded');
    expect(await health()).toEqual(everywhere('2.0'));
  });
});
