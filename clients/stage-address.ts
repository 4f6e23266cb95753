/** Which stage a person means, and by which account and region it is reached. */
export interface StageAddress {
  readonly service: string;
  /** `local` is the embedded engine; any other stage is on AWS. */
  readonly stage: string;
  /** Absent: AWS_REGION, AWS_DEFAULT_REGION, or that of the profile. */
  readonly region?: string;
  /** Absent: AWS_PROFILE, or what the SDK finds without one. */
  readonly profile?: string;
}
