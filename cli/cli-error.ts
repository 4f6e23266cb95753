/** A refusal of the CLI itself: what is wrong, what to type next, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly next: string;
  readonly exitCode: number;

  constructor(message: string, next: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
    this.exitCode = exitCode;
  }
}
