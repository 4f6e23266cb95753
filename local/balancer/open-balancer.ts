import { join } from 'node:path';
import type { LoadBalancer, Target } from '../../clients/ports.ts';
import { readTextIfThere, writeAtomically } from '../atomic-file.ts';
import { createLocalBalancer } from './local-balancer.ts';
import { createTargetGroup, type LocalTargetGroup, type Probe } from './target-group.ts';

export interface OpenBalancerOptions {
  readonly stateDirectory: string;
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  readonly now: () => number;
  readonly probe: Probe;
  /** Registered from the beginning, as an operator would have done. */
  readonly targets: readonly Target[];
}

/** The simulated load balancer while the engine runs. */
export interface OpenBalancer {
  readonly port: LoadBalancer;
  readonly group: LocalTargetGroup;
  close(): void;
}

/** Shorter than ELB's own 30 s and 300 s, so that a person can watch. */
const checkMilliseconds = 1000;
const drainMilliseconds = 15_000;

/** Which hosts are registered outlives the engine, in `balancer.json`; how healthy they are is found out anew. */
export function openBalancer(options: OpenBalancerOptions): OpenBalancer {
  const path = join(options.stateDirectory, 'balancer.json');
  const text = readTextIfThere(path);
  const group = createTargetGroup({
    now: options.now,
    probe: options.probe,
    drainMilliseconds,
    registered: text === undefined ? options.targets : (JSON.parse(text) as readonly Target[]),
    onChange: (registered) => writeAtomically(path, JSON.stringify(registered, null, 2)),
  });
  const checks = setInterval(() => void group.check(), checkMilliseconds);
  void group.check();
  const name = `${options.service}-${options.stage}`;
  return {
    port: createLocalBalancer({ name, region: options.region, group }),
    group,
    close: () => clearInterval(checks),
  };
}
