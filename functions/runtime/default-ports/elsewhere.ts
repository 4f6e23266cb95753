import type { Ports } from '../../../clients/ports.ts';

/** Whoever runs handlers without a bundle provides ports of its own. */
export const defaultPorts: (() => Ports) | undefined = undefined;
