import type { HostAction } from '../../../core/model/statuses.ts';
import type { SimulatedFault } from '../../../local/simulated-hosts/simulated-faults.ts';
import type { Behaviour } from '../../fakes/artifact-zips.ts';
import type { EventFunction, StepFunction } from '../../fakes/lambda-runtime.ts';
import type { PortFault, PortFaults } from '../../fakes/port-faults.ts';

/** What happens to one target, from v2 stable on all of its hosts, and v1 before it, to the end of everything that was asked for. */
export interface History {
  readonly seed: number;
  readonly setting: Setting;
  readonly acts: readonly Act[];
}

export interface Setting {
  /** `abc`: three hosts of these names. */
  readonly hosts: string;
  /** Keys of `rollout` in services/payment.yml. */
  readonly rollout: {
    readonly maxUnavailable: number;
    readonly maxFailedHosts: number;
    readonly bakeSeconds: number;
    readonly offlineHosts: 'fail' | 'skip';
  };
}

export type Act = Deed & {
  /** Virtual seconds since the act before. */
  readonly afterSeconds: number;
};

type PortCallName = Parameters<PortFaults['given']>[0];

/** What somebody does, or what goes wrong. Hosts are named by their letter. */
export type Deed =
  | { readonly kind: 'upload'; readonly behaviour: Behaviour; readonly heard: Heard }
  /** The event of an upload comes once more; 1 is the newest upload, 2 the one before. */
  | { readonly kind: 'upload-event-again'; readonly fromNewest: number }
  | { readonly kind: 'deploy'; readonly what: 'newest' | 'stable' | 'first'; readonly hosts: string | null }
  | { readonly kind: 'rollback'; readonly isToFirst: boolean }
  | { readonly kind: 'resume' | 'retry' }
  /** A person puts the hosts right that the newest end calls dirty, with the command that it gives. */
  | { readonly kind: 'repair-hosts' }
  /** Somebody starts the repair of the deployment that has the lock by hand. */
  | { readonly kind: 'repair-holder' }
  | { readonly kind: 'halt'; readonly isKept: boolean }
  | { readonly kind: 'pause' | 'go-on' | 'approve' }
  | { readonly kind: 'skip' | 'retry-host'; readonly host: string }
  | { readonly kind: 'freeze' | 'unfreeze' }
  /** Somebody stops an execution in the console: that of the lock, or that of the first in the queue. */
  | { readonly kind: 'stop'; readonly whom: 'holder' | 'waiting' }
  /** The process of the handlers dies after so many more calls of ports. */
  | { readonly kind: 'kill'; readonly calls: number }
  | {
      readonly kind: 'function-dies';
      readonly name: StepFunction | EventFunction;
      readonly times: number;
      /** Only when it has done everything. */
      readonly isAfter: boolean;
    }
  | { readonly kind: 'call-fails'; readonly call: PortCallName; readonly fault: CallFault; readonly times: number }
  | {
      readonly kind: 'command-goes-wrong';
      readonly document: 'install' | 'activate' | 'verify' | 'settle';
      readonly host: string;
      readonly fault: CommandFault;
    }
  | {
      readonly kind: 'host-fails';
      readonly host: string;
      readonly action: HostAction;
      readonly fault: SimulatedFault;
      readonly times: number;
    }
  | { readonly kind: 'events-lost' | 'events-back'; readonly name: EventFunction }
  | { readonly kind: 'power-off' | 'power-on'; readonly host: string }
  /** Something that is not ours stops the service. */
  | { readonly kind: 'service-stops'; readonly host: string };

/** How the event of an upload comes. */
type Heard = 'at-once' | 'twice' | 'late' | 'never';
type CallFault = Extract<PortFault['kind'], 'throttle' | 'lose-response' | 'repeat'>;
/** `late`: the agent starts it after Rollgate has given it up. */
export type CommandFault =
  | 'throttle'
  | 'lose-response'
  | 'lose-command'
  | 'lose-result'
  | 'run-twice'
  | 'late'
  | 'invisible';

/** An upload whose event is late is heard of so many seconds after it. */
export const lateEventSeconds = 240;
/** A late command starts so many seconds after it was sent. */
export const lateCommandSeconds = 1_500;
