import type { Ports } from '../../../clients/ports.ts';
import type { HostCommand } from '../../../core/host/host-commands.ts';

/** A call of a port as it was seen. */
export interface RecordedCall {
  /** `ledger.read` */
  readonly method: string;
  readonly args: readonly unknown[];
  /** Who made it: handlers or verbs. */
  readonly by: ReadonlySet<string>;
  /**
   * Our functions that it came through, innermost first, as `ledger/deployments.ts readPlan`: those of the ledger and the
   * first one above it. They settle what it is about; who else can come through them can make the same call.
   */
  readonly through: readonly string[];
}

export interface RecordedCalls {
  /** One call for each shape and way. */
  calls(): readonly RecordedCall[];
  /** The ports with every call recorded under this name. */
  record(by: string, ports: Ports): Ports;
}

const portNames = [
  'ledger',
  'artifacts',
  'inventory',
  'securityGroups',
  'commands',
  'executions',
  'balancer',
  'alarms',
] as const;

export function recordCalls(): RecordedCalls {
  const calls = new Map<string, RecordedCall & { readonly by: Set<string> }>();

  function recordCall(by: string, method: string, args: readonly unknown[]): void {
    const through = wayHere();
    const known = [method, shapeOf(method, args), ...through].join('\n');
    const call = calls.get(known) ?? { method, args, by: new Set<string>(), through };
    call.by.add(by);
    calls.set(known, call);
  }

  function wrap<Port extends object>(by: string, name: string, port: Port): Port {
    return new Proxy(port, {
      get(target, property, receiver) {
        const method: unknown = Reflect.get(target, property, receiver);
        if (typeof method !== 'function' || property === 'arnOf') return method;
        return (...args: readonly unknown[]) => {
          recordCall(by, `${name}.${String(property)}`, args);
          return Reflect.apply(method, target, args);
        };
      },
    });
  }

  return {
    calls: () => [...calls.values()],
    record: (by, ports) => {
      const wrapped = Object.fromEntries(portNames.map((name) => [name, wrap(by, name, ports[name])]));
      return { ...ports, ...wrapped };
    },
  };
}

/** These read and write whatever key they are given: their callers say which. */
export const keyless = /(?:^|\/)ledger\/(?:json-objects|compare-and-swap|remember-written-once)\.ts$/;

/** The functions that the call at hand came through, up to the first one above the ledger. */
function wayHere(): readonly string[] {
  const way: string[] = [];
  for (const site of callSites()) {
    const file = site.getFileName() ?? '';
    const path = /\/((?:ledger|functions|cli)\/[^:?]+\.ts)$/.exec(file)?.[1];
    const name = site.getFunctionName();
    if (path === undefined || name === null || keyless.test(file)) continue;
    way.push(`${path} ${name}`);
    if (!path.startsWith('ledger/')) break;
  }
  return way;
}

/** The frames of this call, those that wait for it among them. Not as text: that would ask for source maps each time. */
function callSites(): readonly NodeJS.CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  // Deep enough for every chain of ours; V8 keeps 10 frames otherwise.
  Error.stackTraceLimit = 40;
  Error.prepareStackTrace = (_, sites) => sites;
  const { stack } = new Error() as unknown as { readonly stack: readonly NodeJS.CallSite[] };
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  return stack;
}

/**
 * What tells calls apart for a policy: the method, the key with its ids, hashes and numbers left out, whether a condition
 * goes with it; of a command its document. The bodies make no difference.
 */
function shapeOf(method: string, args: readonly unknown[]): string {
  const [first, ...more] = args;
  if (method === 'commands.send') {
    return (first as HostCommand).document;
  }
  if (!/^(?:ledger|artifacts)\./.test(method) || typeof first !== 'string') {
    return '';
  }
  const key = withoutIds(method === 'artifacts.copyToLedger' ? String(more[0]) : first);
  return `${key} ${method === 'ledger.remove' && more[0] !== undefined}`;
}

/** The key, or an ARN that ends in it, with what is different in each deployment left out. */
export function withoutIds(key: string): string {
  return key
    .replace(/d-\d{8}-\d{6}-[0-9a-f]{6}/, '<deployment>')
    .replace(/i-[0-9a-f]{8,17}/, '<instance>')
    .replace(/[0-9a-f]{32,}/, '<hash>')
    .replace(/\/\d+\./, '/<number>.')
    .replace(/-\d+\./, '-<number>.');
}
