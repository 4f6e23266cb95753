import type { Host } from '../../clients/ports.ts';
import { idOf } from '../fakes/simulated-target.ts';

/** A running host of the payment service, which SSM reaches; its name is of hexadecimal digits. */
export function hostNamed(name: string, more: Partial<Host> = {}): Host {
  return {
    ...{ instanceId: idOf(name), name, zone: 'eu-west-1a', privateAddress: '10.0.0.1', tags: { Service: 'payment' } },
    ...{ state: 'running', ping: 'Online', isSimulated: true },
    ...more,
  };
}
