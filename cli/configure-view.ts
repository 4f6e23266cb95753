import type { ConfigComparison } from './compare-with-in-force.ts';

/** What a configuration file means against the one in force. */
export interface ConfigureView extends ConfigComparison {
  readonly service: string;
  readonly stage: string;
  readonly file: string;
  readonly warnings: readonly string[];
  readonly isPublished: boolean;
}
