/** Nobody listens on the socket of this directory. */
export class NoEngineError extends Error {
  override readonly name = 'NoEngineError';
  /** What to type next. */
  readonly nextStep = 'npm start';

  constructor(options?: ErrorOptions) {
    super('no engine is running here', options);
  }
}

/** The engine went away before it answered; what was asked may or may not have been done. */
export class EngineGoneError extends Error {
  override readonly name = 'EngineGoneError';
  /** What to type next. */
  readonly nextStep = 'npm start';

  constructor(options?: ErrorOptions) {
    super('the engine has stopped', options);
  }
}

/** Another process answers on the socket. */
export class EngineRunningError extends Error {
  override readonly name = 'EngineRunningError';

  constructor(socketPath: string) {
    super(`an engine is running here already (it answers on ${socketPath})`);
  }
}

/** The engine has taken its socket, but its hosts are not up yet. */
export class EngineStartingError extends Error {
  override readonly name = 'EngineStartingError';
  /** What to type next. */
  readonly nextStep = 'the same again when it is up';

  constructor() {
    super('the engine here is still starting');
  }
}
