import { readFileSync } from 'node:fs';
import { resolveEnvironment } from '../../core/config/resolve-environment.ts';
import { parseServiceConfig } from '../../core/config/service-config.ts';

/** `services/payment.yml`, read. */
export const serviceConfig = parseServiceConfig(readFileSync('services/payment.yml', 'utf8'));

/** What its look-ups find on a small shop. */
export const found = {
  'Service=cart': [{ instanceId: 'i-0000000c', privateAddress: '10.0.0.5', state: 'running' }],
  'Service=user': [{ instanceId: 'i-0000000d', privateAddress: '10.0.0.6', state: 'running' }],
  'Service=rabbitmq': [{ instanceId: 'i-0000000e', privateAddress: '10.0.0.7', state: 'running' }],
};

/** What reaches the hosts. */
export const configuration = resolveEnvironment(serviceConfig, found, 'prod');
