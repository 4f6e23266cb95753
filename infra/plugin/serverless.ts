/** The part of the framework that the plugin sees: osls 4, and the commercial serverless 4 but for what is optional. */
export interface Serverless {
  readonly service: {
    readonly provider: {
      readonly compiledCloudFormationTemplate: Template;
    };
    readonly custom: { readonly rollgate: RollgateSettings };
    readonly functions: Readonly<Record<string, PackagedFunction>>;
  };
  readonly serviceDir: string;
  readonly classes: { readonly Error: new (message: string) => Error };
  getProvider(name: 'aws'): Provider;
  readonly pluginManager: { getPlugins(): readonly DeletionGuard[] };
}

/** `custom.rollgate` of serverless.yml, its variables resolved. */
export interface RollgateSettings {
  readonly service: string;
  /** Empty where none is named. */
  readonly givenArtifactBucket: string;
}

export interface Provider {
  getStage(): string;
  getRegion(): string;
  getAccountId(): Promise<string>;
  /** All resources of the stack as it is deployed. Throws where there is no such stack. */
  getStackResources(): Promise<readonly StackResource[]>;
  readonly naming: { getStackName(): string };
  /** Region and credentials for clients of the AWS SDK; only osls has it. */
  getAwsSdkV3Config?(): Promise<object>;
}

export interface StackResource {
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceStatus: string;
}

/** The framework's own plugin for `remove`. */
interface DeletionGuard {
  ensureStackIsNotDeletionProtected?(): Promise<void>;
}

/** What the framework hands to a plugin to speak with. */
export interface Voice {
  readonly log: { notice(line: string): void };
}

/** A CloudFormation template while the framework builds it. */
export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { Export?: unknown }>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}

export interface PackagedFunction {
  /** The resource of the version that this deployment publishes; the framework hashes code and settings into its name. */
  readonly versionLogicalId?: string;
}
