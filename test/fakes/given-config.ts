import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

const paymentYaml = readFileSync('services/payment.yml', 'utf8');

/** services/payment.yml with these keys of these sections. */
export function configWith(sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  const config = parse(paymentYaml) as Record<string, unknown>;
  const changed = Object.entries(sections).map(([name, keys]) => [name, { ...(config[name] as object), ...keys }]);
  return stringify({ ...config, ...Object.fromEntries(changed) });
}
