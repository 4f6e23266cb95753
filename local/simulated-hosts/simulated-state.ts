import { z } from 'zod';
import type { HostReport } from '../../core/model/host-report.ts';
import { serviceBehaviourSchema } from './service-behaviour.ts';

/** What a simulated host has on its disk and runs. One JSON file holds one. */
export const simulatedStateSchema = z.object({
  schema: z.literal(1),
  isPoweredOn: z.boolean(),
  /** The highest that was acknowledged; 0 where there was none. */
  fence: z.number(),
  /** The unit that is in force: a release, `v0` or `none`. */
  running: z.string(),
  isActive: z.boolean(),
  mainPid: z.number(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  nextPid: z.number(),
  releases: z.record(
    z.string(),
    z.object({
      number: z.number(),
      behaviour: serviceBehaviourSchema,
      /** `http://127.0.0.1:8080/health` */
      healthUrl: z.string(),
      stableSeconds: z.number(),
      upstreams: z.array(z.object({ check: z.string(), address: z.string() })),
      /** Names of checks that decide nothing. */
      reportOnly: z.array(z.string()).default([]),
    }),
  ),
  /** Name to resolved packages. */
  virtualenvs: z.record(z.string(), z.object({ requirementsSha256: z.string(), packages: z.array(z.string()) })),
  receipts: z.record(z.string(), z.custom<HostReport>()),
  /** Deployment to what ran before it. */
  previous: z.record(z.string(), z.object({ running: z.string(), isActive: z.boolean() })),
  /** What a failed deployment goes back to: the last state that passed its gate here. */
  good: z.object({ running: z.string(), isActive: z.boolean() }).nullable(),
});
export type SimulatedState = z.infer<typeof simulatedStateSchema>;
export type SimulatedRelease = SimulatedState['releases'][string];

/** A host that nobody has installed anything on; `running: 'v0'` is one where the service was set up by hand. */
export function freshState(running: 'none' | 'v0' = 'none'): SimulatedState {
  const isActive = running === 'v0';
  return {
    schema: 1,
    isPoweredOn: true,
    fence: 0,
    running,
    isActive,
    mainPid: isActive ? 900 : 0,
    startedAt: 0,
    nextPid: 1_000,
    releases: {},
    virtualenvs: {},
    receipts: {},
    previous: {},
    good: null,
  };
}
