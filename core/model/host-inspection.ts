import * as z from 'zod';

/** What of a host can be otherwise than Rollgate put it there; infra/documents/scripts/drift.py says when. */
export const driftKinds = [
  'unit-changed',
  'unit-masked',
  'unit-disabled',
  'drop-in',
  'reload-needed',
  'not-active',
  'environment-changed',
  'environment-added',
  'environment-missing',
  'process-environment',
  'process-replaced',
  'code-changed',
  'code-added',
  'code-missing',
  'virtualenv-incomplete',
  'virtualenv-changed',
  'virtualenv-added',
  'virtualenv-missing',
  'program-missing',
  'package-changed',
  'package-added',
  'package-missing',
  'secret-rotated',
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** What could not be told, and is no drift. */
export const untoldKinds = ['not-recorded', 'secret-unread'] as const;
export type UntoldKind = (typeof untoldKinds)[number];

const kind = z.enum([...driftKinds, ...untoldKinds]);

/** What `inspect` prints on stdout: one JSON object of at most 20 kB. It names variables and files, and holds no value. */
const hostInspectionSchema = z.object({
  schema: z.literal(1),
  script: z.literal('inspect'),
  service: z.string(),
  /** `v41-…`, `v0` (a unit that Rollgate did not write) or `none`: what the unit in force names. */
  running: z.string(),
  isActive: z.boolean(),
  atSeconds: z.number(),
  /** The script of a deployment that worked on the host at that moment: `install`. */
  atWork: z.string().optional(),
  findings: z.array(z.object({ kind, what: z.string() })),
  /** How many more of a kind there are than are named. */
  more: z.partialRecord(kind, z.number()),
  isSimulated: z.boolean().optional(),
});
export type HostInspection = z.output<typeof hostInspectionSchema>;
export type InspectionFinding = HostInspection['findings'][number];

/** The report of an `inspect` command; undefined where its output is none. */
export function parseHostInspection(stdout: string): HostInspection | undefined {
  try {
    return hostInspectionSchema.parse(JSON.parse(stdout));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      return undefined;
    }
    throw error;
  }
}
