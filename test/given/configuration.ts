import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { resolveEnvironment } from '../../core/config/resolve-environment.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';

/** `services/payment.yml`, from which every test that needs a configuration starts. */
export const paymentYaml = readFileSync('services/payment.yml', 'utf8');

/** The same, as the parser reads it. */
export const serviceConfig = parseServiceConfig(paymentYaml);

/** What its look-ups find on a small shop. */
export const found = foundAt({ cart: '10.0.0.5', user: '10.0.0.6', rabbitmq: '10.0.0.7' });

/** What reaches the hosts of stage `prod`. */
export const configuration = resolveEnvironment(serviceConfig, found, 'prod');

/** Keys to set, at any depth; lists and plain values take the place of what is there. */
export type Change = { readonly [key: string]: unknown };

/** services/payment.yml with this change: `{ rollout: { bakeSeconds: 60 } }`. */
export function paymentYamlWith(change: Change): string {
  return stringify(changed(parse(paymentYaml), change));
}

/** The same, as the parser reads it. */
export function serviceConfigWith(change: Change): ServiceConfig {
  return parseServiceConfig(paymentYamlWith(change));
}

function changed(value: unknown, change: unknown): unknown {
  if (!isRecord(value) || !isRecord(change)) return change;
  const entries = Object.entries(change).map(([key, inner]) => [key, changed(value[key], inner)]);
  return { ...value, ...Object.fromEntries(entries) };
}

function isRecord(value: unknown): value is Change {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One running instance for each service that the payment service calls, at these addresses. */
export function foundAt(addresses: Readonly<Record<'cart' | 'user' | 'rabbitmq', string>>) {
  const at = (digit: string, privateAddress: string) => [
    { instanceId: `i-0000000${digit}`, privateAddress, state: 'running' },
  ];
  return {
    'Service=cart': at('c', addresses.cart),
    'Service=user': at('d', addresses.user),
    'Service=rabbitmq': at('e', addresses.rabbitmq),
  };
}
