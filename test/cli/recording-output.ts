import type { Output } from '../../cli/world.ts';

/** An output that remembers what was written. */
export interface RecordingOutput extends Output {
  readonly text: () => string;
  readonly writes: readonly string[];
}

export function recordingOutput(
  options: { readonly isTerminal?: boolean; readonly columns?: number; readonly rows?: number } = {},
): RecordingOutput {
  const writes: string[] = [];
  return {
    write: (text) => void writes.push(text),
    isTerminal: options.isTerminal ?? false,
    hasColour: false,
    size: () => ({ columns: options.columns ?? 80, rows: options.rows ?? 24 }),
    text: () => writes.join(''),
    writes,
  };
}
