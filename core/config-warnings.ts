import type { ServiceConfig } from './service-config.ts';

/** What works but should not stay so, one sentence each. */
export function configWarnings(config: ServiceConfig): readonly string[] {
  return config.run.user === 'root'
    ? [`run.user: ${config.service} runs as root; give it a user of its own, such as roboshop`]
    : [];
}
