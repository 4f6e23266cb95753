import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { ZipFile } from 'yazl';
import { resolveEnvironment } from '../../core/config/resolve-environment.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import type { HostConfiguration } from '../../core/model/release-manifest.ts';
import type { HostDocument } from '../../core/model/statuses.ts';
import { buildDocuments } from '../../infra/documents/build-documents.ts';
import { encode } from '../../ledger/json-objects.ts';
import { keys } from '../../ledger/keys.ts';
import { createHostEndpoints } from '../../local/host-endpoints/host-endpoints.ts';
import { createParameterStore, type ParameterStore } from '../../local/host-endpoints/parameter-store.ts';
import type { ExecOptions, ExecResult } from '../../local/hosts/host-machine.ts';
import { foundAt, serviceConfigWith } from '../given/configuration.ts';
import { artifactOf, manifestOf } from '../given/releases.ts';
import { type AmqpBroker, startAmqpBroker } from '../infra/documents/amqp-broker.ts';

/** What the scripts need of a host. */
interface LabHost {
  readonly instanceId: string;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
}

export interface Run {
  readonly code: number | null;
  /** Undefined where stdout is no JSON: a killed script. */
  readonly report: HostReport | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface LabRelease {
  readonly releaseId: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
}

/** Content by path; the mode of a file is 0644 in the zip. */
export type Files = Readonly<Record<string, string>>;

/** Parameters that the lab does not fill in by itself. */
export type Given = Readonly<Record<string, string | number>>;

/** Sees the narration as it comes, and may kill the script with all its children. */
export type Watch = Pick<ExecOptions, 'signal' | 'onStderr'>;

/** The world around a host, on the bridge: instance metadata, S3, SSM, two HTTP upstreams and a broker. */
export interface Lab {
  readonly parameters: ParameterStore;
  readonly broker: AmqpBroker;
  readonly password: string;
  readonly objects: Map<string, Uint8Array>;
  /** What the hosts asked for, newest last. */
  readonly accesses: string[];
  /** Content of /etc/rollgate/endpoints on the hosts. */
  readonly endpointsFile: string;
  /** Makes a release and puts it where hosts download it. */
  release(
    number: number,
    files: Files,
    change?: (configuration: HostConfiguration) => HostConfiguration,
  ): Promise<LabRelease>;
  /** Starts one document on a host, as the agent does. */
  start(host: LabHost, kind: HostDocument, parameters: Given, watch?: Watch): Promise<Run>;
  install(host: LabHost, deploymentId: string, release: LabRelease, given?: Given, watch?: Watch): Promise<Run>;
  activate(host: LabHost, deploymentId: string, releaseId: string, given?: Given): Promise<Run>;
  verify(host: LabHost, deploymentId: string, releaseId: string, given?: Given): Promise<Run>;
  /** To the hosts the endpoints are down, or up again. */
  openEndpoints(): Promise<void>;
  closeEndpoints(): Promise<void>;
  close(): Promise<void>;
}

const region = 'eu-west-1';
const stateBucket = 'rollgate-state-local';
const parameterName = '/payment/local/AMQP_PASS';
let deployments = 0;

export function newDeploymentId(): string {
  deployments += 1;
  return `d-20261122-204500-${deployments.toString(16).padStart(6, '0')}`;
}

/** `address` is the machine's own on the bridge; `hostAddresses` are those of the hosts, with their instance ids. */
export async function createLab(address: string, hostAddresses: Readonly<Record<string, string>>): Promise<Lab> {
  const documents = buildDocuments();
  const objects = new Map<string, Uint8Array>();
  const accesses: string[] = [];
  const parameters = createParameterStore(undefined, Date.now);
  // Everything that quoting, encoding and redaction have to get right.
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  const password = `${printable}é${randomBytes(4).toString('hex')} `;
  parameters.put(parameterName, password);
  const broker = await startAmqpBroker(address, 0);
  broker.users.set('roboshop', { password, vhosts: ['/'] });
  const upstreams = [await startUpstream(address), await startUpstream(address)];
  const endpoints = createHostEndpoints({
    listen: [{ address, port: 0 }],
    hostOf: (source) => {
      const instanceId = hostAddresses[source];
      return instanceId === undefined
        ? undefined
        : { instanceId, zone: 'eu-west-1a', privateAddress: source, role: 'rollgate-host' };
    },
    service: 'payment',
    region,
    stateBucket,
    readObject: async (key) => objects.get(key),
    parameters,
    parameterPrefix: '/payment/local/',
    clock: { now: Date.now },
    onAccess: (entry) =>
      accesses.push(`${entry.endpoint} ${entry.action} ${entry.resources.join(',')} ${entry.status}`),
  });
  const url = (await endpoints.open())[0]?.url ?? '';
  const base = configurationOf(address, broker.port, upstreams.map(portOf));
  let fence = 100;

  const lab: Lab = {
    parameters,
    broker,
    password,
    objects,
    accesses,
    endpointsFile: `S3=${url}\nSSM=${url}\nIMDS=${url}\n`,
    async release(number, files, change = (configuration) => configuration) {
      const zip = await zipOf(files);
      const manifest = manifestOf(number, artifactOf(number, zip, files['requirements.txt']), change(base));
      const manifestKey = keys.manifest('payment', number);
      const text = Buffer.from(encode(manifest));
      objects.set(manifest.zipKey, zip);
      objects.set(manifestKey, text);
      return { releaseId: manifest.releaseId, manifestKey, manifestSha256: sha256(text) };
    },
    async start(host, kind, given, watch = {}) {
      fence += 1;
      const all: Record<string, string> = {
        service: 'payment',
        key: randomBytes(16).toString('hex'),
        fence: String(fence),
        notAfter: String(Math.floor(Date.now() / 1000) + 600),
      };
      for (const [name, value] of Object.entries(given)) all[name] = String(value);
      const path = `/var/lib/lab-${randomBytes(6).toString('hex')}.sh`;
      await host.writeFile(path, scriptOf(documents[kind], all), 0o700);
      const began = performance.now();
      const result = await host.exec(['sh', '-c', path], watch);
      const seconds = (performance.now() - began) / 1000;
      return {
        code: result.code,
        report: reportOf(result.stdout),
        stdout: result.stdout,
        stderr: result.stderr,
        seconds,
      };
    },
    install: (host, deploymentId, release, given = {}, watch = {}) => {
      const empty = { packagesKey: '', packagesSha256: '', keep: '' };
      return lab.start(host, 'install', { deploymentId, ...release, region, stateBucket, ...empty, ...given }, watch);
    },
    activate: (host, deploymentId, releaseId, given = {}) =>
      lab.start(host, 'activate', { deploymentId, releaseId, ...given }),
    verify: (host, deploymentId, releaseId, given = {}) =>
      lab.start(host, 'verify', { deploymentId, releaseId, ...given }),
    openEndpoints: async () => {
      await endpoints.open();
    },
    closeEndpoints: () => endpoints.close(),
    async close() {
      await endpoints.close();
      await broker.close();
      await Promise.all(upstreams.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
  return lab;
}

/** The one step's script with the parameters put in as text, as SSM does. */
function scriptOf(document: string, parameters: Readonly<Record<string, string>>): string {
  const parsed = JSON.parse(document) as { mainSteps: { inputs: { runCommand: string[] } }[] };
  const text = (parsed.mainSteps[0]?.inputs.runCommand ?? []).join('\n');
  return text.replaceAll(/\{\{ ([A-Za-z0-9]+) \}\}/g, (_, name: string) => parameters[name] ?? '');
}

function reportOf(stdout: string): HostReport | undefined {
  try {
    return JSON.parse(stdout) as HostReport;
  } catch {
    return undefined;
  }
}

/** services/payment.yml with upstreams on this machine, and with a gate that is soon over and looks for two lines. */
function configurationOf(
  address: string,
  brokerPort: number,
  [cart = 0, user = 0]: readonly number[],
): HostConfiguration {
  const config = serviceConfigWith({
    environment: { CART_PORT: cart, USER_PORT: user },
    upstreams: { rabbitmq: { port: brokerPort } },
    health: {
      intervalSeconds: 0.2,
      stableSeconds: 1,
      deadlineSeconds: 20,
      journalPatterns: ['[Cc]onnection refused', 'ACCESS_REFUSED'],
    },
  });
  return resolveEnvironment(config, foundAt({ cart: address, user: address, rabbitmq: address }), 'local');
}

async function startUpstream(address: string): Promise<Server> {
  const server = createServer((_, response) => response.end('OK'));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return server;
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

async function zipOf(files: Files): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(content), path, { mtime: new Date(0), mode: 0o100644 });
  }
  zip.end();
  const blocks: Buffer[] = [];
  for await (const block of zip.outputStream) blocks.push(block as Buffer);
  return Buffer.concat(blocks);
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
