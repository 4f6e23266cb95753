import { z } from 'zod';

/** What SSM says of a command; statuses as the API gives them, spaces stripped from the details. */
const commandStatuses = ['Pending', 'InProgress', 'Cancelling', 'Success', 'Failed', 'Cancelled', 'TimedOut'] as const;
export type CommandStatus = (typeof commandStatuses)[number];

/** One command for one host, and the one invocation it has. A file of `<stateDir>/commands/` holds one. */
export const commandRecordSchema = z.object({
  schema: z.literal(1),
  commandId: z.string(),
  instanceId: z.string(),
  documentName: z.string(),
  documentVersion: z.string(),
  documentHash: z.string(),
  comment: z.string(),
  parameters: z.record(z.string(), z.array(z.string())),
  /** ISO 8601, as are all instants here. */
  requestedAt: z.string(),
  /** Delivery timeout. */
  timeoutSeconds: z.number(),
  /** Of the whole document: the sum of its steps. */
  executionSeconds: z.number(),
  status: z.enum(commandStatuses),
  statusDetails: z.string(),
  responseCode: z.number(),
  stdout: z.string(),
  stderr: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  steps: z
    .array(
      z.object({
        name: z.string(),
        isSkipped: z.boolean(),
        status: z.enum(['Success', 'Failed', 'TimedOut', 'Cancelled']),
        responseCode: z.number(),
        stdout: z.string(),
        stderr: z.string(),
      }),
    )
    .optional(),
});
export type CommandRecord = z.infer<typeof commandRecordSchema>;

/** Nothing changes a command any more. `Cancelling` is not terminal. */
export function isTerminal(status: CommandStatus): boolean {
  return status !== 'Pending' && status !== 'InProgress' && status !== 'Cancelling';
}

/** When a command that has not started never will. Milliseconds since the epoch. */
export function deliveryDeadline(record: CommandRecord): number {
  return Date.parse(record.requestedAt) + record.timeoutSeconds * 1_000;
}

/** SSM's total timeout: delivery and execution together. Milliseconds since the epoch. */
export function totalDeadline(record: CommandRecord): number {
  return deliveryDeadline(record) + record.executionSeconds * 1_000;
}
