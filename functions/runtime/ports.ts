import { settingsFromEnvironment } from '../../clients/aws/aws-settings.ts';
import type { Ports } from '../../clients/ports.ts';
import { callSignal } from './call-signal.ts';

/**
 * Where handlers get their ports from. The embedded engine and the tests provide their own before any handler runs; where
 * nobody did, they are the ones on AWS, built once from the environment. The handlers are the same in all of them.
 */
let make: (() => Ports) | undefined;
let made: Ports | Promise<Ports> | undefined;

/**
 * The SDK is imported, not required: neither engine nor tests load it. In a bundle the import is a function of the same
 * file. On Lambda it begins here, while the function is initialised: that phase has a full processor, whatever the
 * function's memory, and the first invocation finds it done.
 */
const loadAwsPorts = () => import('../../clients/aws/aws-ports.ts');
const loadedAtStart = process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? undefined : loadAwsPorts();

/** Provides the ports for every handler of this process. */
export function providePorts(factory: () => Ports): void {
  make = factory;
  made = undefined;
}

/** The ports of this process. Rejects with InvalidDeploymentError that names each variable missing in the environment. */
export function ports(): Ports | Promise<Ports> {
  made ??= make === undefined ? awsPorts() : make();
  return made;
}

async function awsPorts(): Promise<Ports> {
  const settings = settingsFromEnvironment(process.env);
  const { createAwsPorts } = await (loadedAtStart ?? loadAwsPorts());
  return createAwsPorts(settings, { signal: callSignal });
}
