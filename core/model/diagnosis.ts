import type { Cause, CauseKind } from './causes.ts';

/** What went wrong on one host, for a person; `cause` and `kind` are what code looks at. */
export interface Diagnosis {
  readonly cause: Cause;
  /** One line: what happened. */
  readonly meaning: string;
  /** One line: what to do next. */
  readonly remedy: string;
  /** What to type, whole and to be copied, where there is one command that mends it. */
  readonly command?: string;
  readonly kind: CauseKind;
}
