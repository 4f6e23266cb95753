import type { AdmittedDeployment, DeploymentOutcome } from '../../../core/model/deployment-records.ts';
import type { TargetState } from '../../../core/model/target-state.ts';
import { keys } from '../../../ledger/keys.ts';
import type { SimulatedState } from '../../../local/simulated-hosts/simulated-state.ts';
import type { World } from '../../fakes/world.ts';

/** The hosts at one instant, by name. */
type Sight = ReadonlyMap<string, SimulatedState>;

/** A command of a deployment changed what a host runs. */
interface HostChange {
  readonly at: number;
  readonly name: string;
  readonly deploymentId: string;
  /** Who had the lock then. */
  readonly holder: string | null;
  readonly before: SimulatedState;
  readonly after: SimulatedState;
}

/** A deployment came to its end, and so the hosts were at that instant. */
export interface EndSeen {
  readonly at: number;
  readonly deploymentId: string;
  readonly outcome: DeploymentOutcome;
  readonly hosts: Sight;
}

/** `state.json` was written. */
interface StateSeen {
  readonly at: number;
  readonly state: TargetState;
}

/** What was seen of a history while it went on; the instants are of the virtual clock, ms. */
export interface Chronicle {
  /** By deployment, in the order of admission. */
  readonly requests: ReadonlyMap<string, AdmittedDeployment>;
  /** How the hosts were when a deployment was planned. */
  readonly plans: ReadonlyMap<string, Sight>;
  readonly ends: readonly EndSeen[];
  /** Deployments whose end was written a second time, with another content. */
  readonly changedEnds: readonly string[];
  readonly states: readonly StateSeen[];
  readonly changes: readonly HostChange[];
  /** What something that is not Rollgate did to a host. */
  readonly disturbances: readonly { readonly at: number; readonly name: string }[];
  /** What happened, as lines for a person; each begins with its time. */
  readonly lines: readonly string[];
}

export interface ChronicleWriter extends Chronicle {
  note(line: string): void;
  disturbed(name: string): void;
}

/** Watches the world from now on. */
export function keepChronicle(world: World, names: string): ChronicleWriter {
  const begin = world.time.now();
  const requests = new Map<string, AdmittedDeployment>();
  const plans = new Map<string, Sight>();
  const ends = new Map<string, EndSeen>();
  const changedEnds: string[] = [];
  const states: StateSeen[] = [];
  const changes: HostChange[] = [];
  const disturbances: { readonly at: number; readonly name: string }[] = [];
  const lines: string[] = [];

  const look = (): Sight =>
    new Map([...names].map((name) => [name, world.target.fleet.host(world.idOf(name)).state()]));
  const note = (line: string): void => void lines.push(`${clockOf(world.time.now() - begin)}  ${line}`);

  function ended(deploymentId: string, outcome: DeploymentOutcome): void {
    const known = ends.get(deploymentId);
    if (known === undefined) {
      ends.set(deploymentId, { at: world.time.now(), deploymentId, outcome, hosts: look() });
      note(`${deploymentId} ends ${outcome.status}: ${outcome.reason.text} [${world.target.running().join(', ')}]`);
    } else if (JSON.stringify(known.outcome) !== JSON.stringify(outcome)) {
      changedEnds.push(deploymentId);
    }
  }

  function stateWritten(state: TargetState): void {
    const before = states.at(-1)?.state.lock;
    states.push({ at: world.time.now(), state });
    if (state.lock !== null && state.lock.executionArn !== before?.executionArn) {
      note(`${state.lock.deploymentId} has the lock${state.lock.purpose === 'repair' ? ', for a repair' : ''}`);
    }
  }

  world.onWritten((key) => {
    if (key === keys.state('payment')) stateWritten(world.bucket.json(key) as TargetState);
    const [, deploymentId = '', file = ''] = /\/deployments\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
    if (file === 'request.json' && !requests.has(deploymentId)) {
      const admitted = world.bucket.json(key) as AdmittedDeployment;
      requests.set(deploymentId, admitted);
      note(`${deploymentId} is admitted: ${admitted.request.kind} of v${admitted.release.number}`);
    }
    if (file === 'plan.json' && !plans.has(deploymentId)) plans.set(deploymentId, look());
    if (file === 'outcome.json') ended(deploymentId, world.bucket.json(key) as DeploymentOutcome);
  });
  world.target.onRun(({ name, isSwitch, parameters, before, after }) => {
    const isChange = before.running !== after.running || before.mainPid !== after.mainPid;
    if (!isSwitch || !isChange) return;
    const { deploymentId = '' } = parameters;
    const holder = states.at(-1)?.state.lock?.deploymentId ?? null;
    changes.push({ at: world.time.now(), name, deploymentId, holder, before, after });
    note(`${deploymentId} switches ${name} [${world.target.running().join(', ')}]`);
  });

  return {
    requests,
    plans,
    changedEnds,
    states,
    changes,
    disturbances,
    lines,
    note,
    get ends() {
      return [...ends.values()];
    },
    disturbed(name) {
      disturbances.push({ at: world.time.now(), name });
    },
  };
}

/** `0:07:12` */
function clockOf(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
