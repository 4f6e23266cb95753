import type { Ports } from '../../clients/ports.ts';
import { TransientAwsError } from '../../core/model/errors.ts';

/** What goes wrong with one call of a port. */
export type PortFault =
  /** Nothing happens, and the caller is told so. */
  | { readonly kind: 'throttle' }
  /** It happens, and the answer is lost. */
  | { readonly kind: 'lose-response' }
  /** It happens, the answer is lost, and the SDK does it once more: a conditional write finds its own first try. */
  | { readonly kind: 'repeat' }
  /** Somebody else does something just before. */
  | { readonly kind: 'intrude'; readonly intruder: () => Promise<unknown> | unknown }
  /** It fails for good. */
  | { readonly kind: 'fail'; readonly error: Error };

type PortName = Exclude<keyof Ports, 'stage' | 'clock'>;

/** The life of the process that the handlers run in. */
export interface Life {
  isOver: boolean;
}

interface Entry {
  readonly call: string;
  readonly fault: PortFault;
  readonly matches: (args: readonly unknown[]) => boolean;
}

export interface PortFaults {
  /** `given('ledger.replace', …)`: the next such call that matches goes wrong so, `times` times. */
  given(
    call: `${PortName}.${string}`,
    fault: PortFault,
    more?: { readonly matches?: RegExp; readonly times?: number },
  ): void;
  /** Faults that have not struck: a test that expects none left has not tested what it says. */
  pending(): readonly string[];
  clear(): void;
  /** The ports with the faults in them, as one process has them: when it is over, no call of it ever returns. */
  wrap(ports: Ports, life: Life): Ports;
  /** One port alone with the faults in it, for a test that needs no other. */
  wrapOne<Name extends PortName>(name: Name, port: Ports[Name]): Ports[Name];
}

const never = new Promise<never>(() => undefined);

/** `matches` is held against the JSON of the call's arguments. */
export function createPortFaults(onCall: (call: string, args: readonly unknown[]) => void): PortFaults {
  const queue: Entry[] = [];

  function take(call: string, args: readonly unknown[]): PortFault | undefined {
    const index = queue.findIndex((entry) => entry.call === call && entry.matches(args));
    return index === -1 ? undefined : queue.splice(index, 1)[0]?.fault;
  }

  function wrapPort<Port extends object>(name: PortName, port: Port, life: Life): Port {
    return new Proxy(port, {
      get(target, property, receiver) {
        const method: unknown = Reflect.get(target, property, receiver);
        const call = `${name}.${String(property)}`;
        if (typeof method !== 'function' || call === 'executions.arnOf') return method;
        return async (...args: readonly unknown[]) => {
          if (life.isOver) return never;
          onCall(call, args);
          if (life.isOver) return never;
          const fault = take(call, args);
          if (fault?.kind === 'throttle') throw new TransientAwsError(`${call}: Rate exceeded`);
          if (fault?.kind === 'fail') throw fault.error;
          if (fault?.kind === 'intrude') await fault.intruder();
          if (fault?.kind === 'repeat') await Reflect.apply(method, target, args);
          const answer: unknown = await Reflect.apply(method, target, args);
          if (life.isOver) return never;
          if (fault?.kind === 'lose-response') throw new TransientAwsError(`${call}: the answer was lost`);
          return answer;
        };
      },
    });
  }

  return {
    given(call, fault, { matches = /./, times = 1 } = {}) {
      for (let time = 0; time < times; time += 1) {
        queue.push({ call, fault, matches: (args) => matches.test(JSON.stringify(args)) });
      }
    },
    pending: () => queue.map((entry) => `${entry.call} ${entry.fault.kind}`),
    clear() {
      queue.length = 0;
    },
    wrap: (ports, life) => ({
      ...ports,
      ledger: wrapPort('ledger', ports.ledger, life),
      artifacts: wrapPort('artifacts', ports.artifacts, life),
      inventory: wrapPort('inventory', ports.inventory, life),
      securityGroups: wrapPort('securityGroups', ports.securityGroups, life),
      commands: wrapPort('commands', ports.commands, life),
      alarms: wrapPort('alarms', ports.alarms, life),
      executions: wrapPort('executions', ports.executions, life),
      balancer: wrapPort('balancer', ports.balancer, life),
    }),
    wrapOne: (name, port) => wrapPort(name, port, { isOver: false }),
  };
}
