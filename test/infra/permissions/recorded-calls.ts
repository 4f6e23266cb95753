import type { Ports } from '../../../clients/ports.ts';
import type { HostCommand } from '../../../core/model/host-commands.ts';

/** A call of a port as it was seen. */
export interface RecordedCall {
  /** `ledger.read` */
  readonly method: string;
  readonly args: readonly unknown[];
  /** Who made it: functions or verbs. */
  readonly by: readonly string[];
  /**
   * Our functions that it came through, innermost first, as `ledger/rollout/deployments.ts readPlan`: those of the ledger and the
   * first one above it. They settle what it is about; who else can come through them can make the same call.
   */
  readonly through: readonly string[];
}

export interface RecordedCalls {
  /** One call for each shape and way. */
  calls(): readonly RecordedCall[];
  /** Records a call that is being made: its way is read from the stack. */
  note(by: string, method: string, args: readonly unknown[]): void;
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
  const calls = createDistinctCalls();

  function note(by: string, method: string, args: readonly unknown[]): void {
    calls.add({ method, args, by: [by], through: wayHere() });
  }

  function wrap<Port extends object>(by: string, name: string, port: Port): Port {
    return new Proxy(port, {
      get(target, property, receiver) {
        const method: unknown = Reflect.get(target, property, receiver);
        if (typeof method !== 'function' || property === 'arnOf') return method;
        return (...args: readonly unknown[]) => {
          note(by, `${name}.${String(property)}`, args);
          return Reflect.apply(method, target, args);
        };
      },
    });
  }

  return {
    calls: calls.all,
    note,
    record: (by, ports) => {
      const wrapped = Object.fromEntries(portNames.map((name) => [name, wrap(by, name, ports[name])]));
      return { ...ports, ...wrapped };
    },
  };
}

/** Calls that were recorded apart from each other as one recording. */
export function mergeCalls(recordings: readonly (readonly RecordedCall[])[]): readonly RecordedCall[] {
  const calls = createDistinctCalls();
  for (const call of recordings.flat()) calls.add(call);
  return calls.all();
}

interface DistinctCalls {
  add(call: RecordedCall): void;
  all(): readonly RecordedCall[];
}

/** Keeps the first call of each shape and way, with everybody who made one like it. */
function createDistinctCalls(): DistinctCalls {
  const calls = new Map<string, RecordedCall>();
  return {
    add(call) {
      const { method, args, by, through } = call;
      const key = [method, shapeOf(method, args), ...through].join('\n');
      const known = calls.get(key);
      if (known === undefined) calls.set(key, call);
      else if (!by.every((name) => known.by.includes(name)))
        calls.set(key, { ...known, by: [...new Set([...known.by, ...by])] });
    },
    all: () => [...calls.values()],
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
export function shapeOf(method: string, args: readonly unknown[]): string {
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
