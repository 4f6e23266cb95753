import type { HostReport } from '../../../core/model/host-report.ts';
import type { DocumentKind } from '../../../core/model/statuses.ts';
import {
  createSimulatedFaultQueue,
  type SimulatedFaultQueue,
} from '../../../local/simulated-hosts/simulated-faults.ts';
import {
  createSimulatedHost,
  type SimulatedHost,
  type SimulatedHostOptions,
} from '../../../local/simulated-hosts/simulated-host.ts';
import { freshState } from '../../../local/simulated-hosts/simulated-state.ts';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock.ts';
import { sampleRelease } from './sample-artifact.ts';

type Release = Awaited<ReturnType<typeof sampleRelease>>;
type Parameters = Readonly<Record<string, string>>;

interface Told {
  readonly deploymentId?: string;
  readonly fence?: number;
  readonly key?: string;
  readonly notAfter?: number;
}

export interface GivenSimulatedHost {
  readonly time: ManualClock;
  readonly faults: SimulatedFaultQueue;
  readonly objects: Map<string, Uint8Array>;
  readonly v1: Release;
  readonly v2: Release;
  /** The one that was started last; nothing has run on it. */
  readonly host: SimulatedHost;
  start(overrides: Partial<SimulatedHostOptions>): void;
  release(number: number, variant?: string, reportOnly?: readonly string[]): Promise<Release>;
  /** The parameters that every document takes. */
  common(told: Told): Parameters;
  install(release: Release, told?: Told, more?: Parameters): Promise<HostReport>;
  activate(releaseId: string, told?: Told): Promise<HostReport>;
  verify(releaseId: string, told?: Told): Promise<HostReport>;
  settle(told?: Told): Promise<HostReport>;
  /** Brings the host to a release that passed its gate. */
  deploy(release: Release, told?: Told): Promise<void>;
}

/** A simulated host with two releases to put on it, and a clock that stands still. */
export async function givenSimulatedHost(): Promise<GivenSimulatedHost> {
  const time = createManualClock();
  const faults = createSimulatedFaultQueue();
  const objects = new Map<string, Uint8Array>();
  let keys = 0;

  function create(overrides: Partial<SimulatedHostOptions> = {}): SimulatedHost {
    const readObject = async (key: string) => objects.get(key);
    const state = freshState('none');
    return createSimulatedHost({ instanceId: 'i-0a1', clock: time, readObject, faults, state, ...overrides });
  }

  async function release(number: number, variant = '', reportOnly?: readonly string[]): Promise<Release> {
    const made = await sampleRelease(number, variant, {}, reportOnly);
    for (const [key, bytes] of made.objects) objects.set(key, bytes);
    return made;
  }

  function common(told: Told): Parameters {
    keys += 1;
    return {
      service: 'payment',
      deploymentId: told.deploymentId ?? 'd-1',
      key: told.key ?? String(keys).padStart(32, '0'),
      fence: String(told.fence ?? 100),
      notAfter: String(told.notAfter ?? time.now() / 1_000 + 60),
    };
  }

  async function run(kind: DocumentKind, parameters: Parameters): Promise<HostReport> {
    const ended = await host.run(kind, parameters);
    if (ended.kind !== 'reported') throw new Error(ended.kind);
    return ended.report;
  }

  const install = (release: Release, told: Told = {}, more: Parameters = {}) =>
    run('install', { ...common(told), ...release.parameters, ...more });
  const activate = (releaseId: string, told: Told = {}) => run('activate', { ...common(told), releaseId });
  const verify = (releaseId: string, told: Told = {}) => run('verify', { ...common(told), releaseId });
  const settle = (told: Told = {}) => run('settle', common(told));

  let host = create();
  return {
    time,
    faults,
    objects,
    release,
    common,
    install,
    activate,
    verify,
    settle,
    v1: await release(1),
    v2: await release(2, 'v2'),
    get host() {
      return host;
    },
    start(overrides) {
      host = create(overrides);
    },
    async deploy(made, told = {}) {
      await install(made, told);
      await activate(made.releaseId, told);
      await verify(made.releaseId, told);
    },
  };
}

/** `done v1-1a2b3c4d5e6f active`, `refused fence-refused none inactive` */
export function line(report: HostReport): string {
  const { outcome, failure, replayed, host: seen } = report;
  return [outcome, failure ?? '', replayed ? 'again' : '', seen.running, seen.isActive ? 'active' : 'inactive']
    .filter((word) => word !== '')
    .join(' ');
}
