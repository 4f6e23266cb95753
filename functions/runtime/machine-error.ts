import * as z from 'zod';
import type { MachineError } from '../../core/model/rollout-facts.ts';

/** What a Catch of the machine puts into the state. */
export const machineErrorSchema = z.object({ Error: z.string().optional(), Cause: z.string().optional() });

/** Lambda wraps a thrown error as JSON text in `Cause`; people want the message in it. */
export function machineError(caught: z.output<typeof machineErrorSchema> | undefined): MachineError | null {
  if (caught === undefined || caught.Error === undefined) {
    return null;
  }
  return { name: caught.Error, cause: messageOf(caught.Cause ?? '') };
}

function messageOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === 'string' ? message : cause;
  } catch {
    return cause;
  }
}
