import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { LocalTarget } from '../../../local/engine/local-target.ts';
import { openSystemdTarget } from '../../../local/engine/systemd-target.ts';
import type { ParameterReader, StoredParameter } from '../../../local/host-endpoints/parameter-store.ts';
import { discardHosts } from '../../../local/hosts/fleet.ts';
import { createRunCommand } from '../../../local/run-command/run-command.ts';
import { freePort } from '../../emulators/emulator.ts';
import { startMiniStack } from '../../emulators/ministack.ts';
import { deliverCommandEvent } from './command-events.ts';
import { createEmulatorApi, type EmulatorApi } from './emulator-api.ts';
import { fullBucketsPart } from './full-buckets.ts';
import { openGateway } from './gateway.ts';
import { instancesFor } from './instances.ts';
import { createPackager, type Packager } from './packager.ts';
import { runCommandPart } from './run-command-api.ts';
import { stackDocumentsPart, templateBucket } from './stack-documents.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

export interface EmulatedStageOptions {
  /** Folder below `.rollgate`; what an earlier run left there goes. */
  readonly name: string;
  readonly service: string;
  readonly stage: string;
  /** The folder of the emulator's program. */
  readonly bin: string;
  readonly password: string;
}

/** An account with nothing in it but EC2 instances, which are local hosts, and the service's secret. */
export interface EmulatedStage {
  /** What every client is given as AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** Environment of programs that talk to this AWS: endpoint, region, credentials; none of the user's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly emulator: EmulatorApi;
  readonly packager: Packager;
  readonly target: LocalTarget;
  /** Scratch. */
  readonly folder: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

const region = 'eu-west-1';
const account = '000000000000';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Starts the emulator behind its gateway and boots the hosts. */
export async function startEmulatedStage(options: EmulatedStageOptions): Promise<EmulatedStage> {
  const { service, stage } = options;
  const folder = join(repository, '.rollgate', options.name);
  await discardHosts(folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });

  // Lambdas of the emulator are CommonJS files below it, and must not be taken for modules of this project.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');

  const gatewayPort = await freePort();
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const miniStack = await startMiniStack({
    bin: options.bin,
    folder: join(folder, 'emulator'),
    region,
    accountId: account,
    // Lambdas call with the credentials of their own role, and its policies are judged.
    environment: { AWS_ENDPOINT_URL: endpoint, AUTH: 'true' },
  });
  const closing: (() => Promise<void>)[] = [() => miniStack.stop()];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const emulator = createEmulatorApi(miniStack.endpoint, region);
    const log = (line: string): void => console.warn(line);
    let target: LocalTarget | undefined;
    const instanceIds = (): readonly string[] =>
      target?.machines
        .map((machine) => machine.instanceId)
        .filter((id) => target?.entries.some((entry) => entry.instance.instanceId === id)) ?? [];
    const runCommand = createRunCommand({
      documents: {},
      agentOf: (instanceId) => (instanceIds().includes(instanceId) ? target?.agentOf(instanceId) : undefined),
      clock: { now: () => Date.now() },
      region,
      account,
      log,
      onEvent: (event) => deliverCommandEvent(event, emulator),
    });
    closing.push(async () => runCommand.close());
    const gateway = await openGateway({
      port: gatewayPort,
      emulatorPort: miniStack.port,
      log,
      parts: [
        runCommandPart({ runCommand, instanceIds, account }),
        fullBucketsPart(emulator),
        stackDocumentsPart(emulator, runCommand),
      ],
    });
    closing.push(() => gateway.close());

    const ssm = new SSMClient({ endpoint, region, credentials });
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await s3.send(
      new CreateBucketCommand({
        Bucket: templateBucket,
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
    const passwordParameter = `/${service}/${stage}/AMQP_PASS`;
    await ssm.send(new PutParameterCommand({ Name: passwordParameter, Value: options.password, Type: 'SecureString' }));
    const stateBucket = `rollgate-${service}-${stage}-state-${account}-${region}`;
    const opened = await openSystemdTarget({
      stateDirectory: folder,
      rootsDirectory: join(repository, '.rollgate', 'roots'),
      hostRoot: 'ready',
      onProgress: () => undefined,
      readObject: (key) => readObject(s3, stateBucket, key),
      parameters: parametersOf(ssm),
      place: {
        service,
        region,
        account,
        stateBucket,
        passwordParameter,
        parameterPrefix: `/${service}/${stage}/`,
        instances: instancesFor({ endpoint, region, service, stage }),
      },
    });
    target = opened;
    closing.push(() => opened.stop());
    opened.onPower((instanceId) => runCommand.hostChanged(instanceId));

    const environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    return {
      endpoint,
      region,
      account,
      environment,
      emulator,
      target: opened,
      folder,
      logFile: miniStack.logFile,
      stop,
      packager: createPackager(environment, stage, folder),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readObject(s3: S3Client, bucket: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToByteArray();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** The hosts' parameters are the emulator's. */
function parametersOf(ssm: SSMClient): ParameterReader {
  return {
    async get(name, version): Promise<StoredParameter | undefined> {
      try {
        const selector = version === undefined ? name : `${name}:${version}`;
        const { Parameter } = await ssm.send(new GetParameterCommand({ Name: selector, WithDecryption: true }));
        if (Parameter?.Value === undefined) return undefined;
        return {
          name,
          type: Parameter.Type ?? 'String',
          value: Parameter.Value,
          version: Parameter.Version ?? 1,
          modifiedAt: (Parameter.LastModifiedDate ?? new Date(0)).toISOString(),
        };
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
  };
}
