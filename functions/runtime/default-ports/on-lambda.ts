import { createAwsPorts } from '../../../clients/aws/aws-ports.ts';
import { settingsFromEnvironment } from '../../../clients/aws/aws-settings.ts';
import type { Ports } from '../../../clients/ports.ts';
import { callSignal } from '../call-signal.ts';

/**
 * The ports of a Lambda: on AWS, from its environment. Bundled under the condition `lambda` of `#default-ports` in
 * package.json, so that neither engine nor tests load the SDK. The import is a static one: what is loaded on demand
 * a bundler keeps whole (2 MB instead of 0.7), and Lambda reads this while it initialises the function, with a full
 * processor whatever its memory.
 */
export const defaultPorts: (() => Ports) | undefined = () =>
  createAwsPorts(settingsFromEnvironment(process.env), { signal: callSignal });
