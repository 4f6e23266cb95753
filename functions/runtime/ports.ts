import { defaultPorts } from '#default-ports';
import type { Ports } from '../../clients/ports.ts';

/**
 * Where handlers get their ports from. In a Lambda's bundle they are built once, at the first call, from the environment;
 * the embedded engine and the tests provide their own before any handler runs. The handlers are the same in all three.
 */
let make: (() => Ports) | undefined = defaultPorts;
let made: Ports | undefined;

/** Provides the ports for every handler of this process. */
export function providePorts(factory: () => Ports): void {
  make = factory;
  made = undefined;
}

/**
 * The ports of this process. Throws InvalidDeploymentError that names each variable missing in a Lambda's environment,
 * and elsewhere an error where nothing provided any: a bug of whoever starts the handlers.
 */
export function ports(): Ports {
  if (made === undefined) {
    if (make === undefined) {
      throw new Error('no ports were provided to the handlers of this process');
    }
    made = make();
  }
  return made;
}
