/** The error names that SendCommand and its neighbours give; AWS's words, kept as the error's `name`. */
export type RunCommandErrorName =
  | 'InvalidInstanceId'
  | 'InvalidParameters'
  | 'InvalidDocument'
  | 'InvalidDocumentContent'
  | 'InvalidDocumentVersion'
  | 'InvalidCommandId'
  | 'MaxDocumentSizeExceeded'
  | 'ValidationException';

/** A call that Run Command refuses. Nothing was sent. */
export class RunCommandError extends Error {
  override readonly name: RunCommandErrorName;

  constructor(name: RunCommandErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}
