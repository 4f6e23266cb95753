import type { Host } from '../../clients/ports.ts';
import type { PlannedHost } from '../../core/model/deployment-records.ts';

/** The instance id of a host by its name, which is of hexadecimal digits. */
export function idOf(name: string): string {
  return `i-${name.padStart(17, '0')}`;
}

export function nameOf(instanceId: string): string {
  return instanceId.replace(/^i-0*/, '');
}

/** A running host of the payment service, which SSM reaches. */
export function hostNamed(name: string, more: Partial<Host> = {}): Host {
  return {
    instanceId: idOf(name),
    name,
    zone: 'eu-west-1a',
    privateAddress: '10.0.0.1',
    tags: { Service: 'payment' },
    state: 'running',
    ping: 'Online',
    isSimulated: true,
    ...more,
  };
}

/** What a plan keeps of it. */
export function plannedHost({ instanceId, name, zone, privateAddress, isSimulated }: Host): PlannedHost {
  return { instanceId, name, zone, privateAddress, isSimulated };
}
