import type { CommonOptions } from './world.ts';

export interface DeployOptions extends CommonOptions {
  readonly release?: string;
  /** S3 version id of an upload. */
  readonly versionId?: string;
  readonly hosts?: readonly string[];
  readonly reason?: string;
  readonly config?: string;
  readonly configOnly: boolean;
  readonly dryRun: boolean;
  readonly wait: boolean;
}
