/** What a command on a host is given; everything else it could inherit is left out. */
export interface ExecOptions {
  readonly stdin?: string | Uint8Array;
  /** The whole environment of the command, on top of a PATH (no HOME, as under the real agent); nothing of the engine's leaks in. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command and all its children are killed (SIGKILL) after so long. */
  readonly timeoutSeconds?: number;
  /** Aborting kills the command and all its children (SIGKILL). */
  readonly signal?: AbortSignal;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
}

export interface ExecResult {
  /** Null where the command was killed by a signal. */
  readonly code: number | null;
  /** `SIGKILL`, ...: set where `code` is null. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set where `timeoutSeconds` ended it. */
  readonly timedOut?: true;
}

/** A host as the Run Command service sees it: a booted systemd machine or a simulated stand-in. */
export interface HostMachine {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly tags: Readonly<Record<string, string>>;
  /** IPv4 addresses, the main one first. */
  readonly addresses: readonly string[];
  readonly isSimulated: boolean;
  /** True from the moment the host has booted to the moment it goes down; a host that reboots is not running. */
  isRunning(): boolean;
  /**
   * Runs one command as root. An exit code is a result, not an exception: throws HostNotRunningError where the host is down.
   * A host that goes down under the command gives `code` null and `signal` SIGKILL.
   */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Writes a file as root, folders made on the way; `mode` is octal, 0o600 where nothing is said. */
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Boots the host; resolves when it is up. Does nothing where it runs. */
  powerOn(): Promise<void>;
  /** Shuts the host down in order; `cut` is pulling the plug. Resolves when it is down. */
  powerOff(how?: 'orderly' | 'cut'): Promise<void>;
}

/** The host is not running: where the real agent would not answer. */
export class HostNotRunningError extends Error {
  override readonly name = 'HostNotRunningError';
}
