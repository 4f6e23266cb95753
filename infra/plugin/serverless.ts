/** The part of the framework that the plugin sees. */
export interface Serverless {
  readonly service: {
    readonly provider: { readonly compiledCloudFormationTemplate: Template };
    readonly functions: Readonly<Record<string, PackagedFunction>>;
  };
}

/** A CloudFormation template while the framework builds it. */
export interface Template {
  readonly Resources: Record<string, Resource>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}

export interface PackagedFunction {
  /** The resource of the version that this deployment publishes; the framework hashes code and settings into its name. */
  readonly versionLogicalId?: string;
}
