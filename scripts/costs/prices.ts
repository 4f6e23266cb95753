/**
 * List prices of eu-west-1 in US dollars, without free tiers and taxes, as the price pages of AWS had them in November
 * 2026 (us-east-1 differs in the log prices and the endpoints only). Check them with the AWS Pricing Calculator before
 * you rely on them.
 */
export const prices = {
  /** Step Functions, Standard: one transition. */
  transition: 0.025 / 1000,
  /** Lambda: one request, and one GB for one second on arm64. */
  invocation: 0.2 / 1_000_000,
  gigabyteSecond: 0.0000133334,
  /** S3 Standard: one PUT, COPY, POST or LIST; one GET or HEAD; DELETE is free. One GB for one month. */
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  s3GigabyteMonth: 0.023,
  /** EventBridge: an event of S3; events of EC2, SSM and Step Functions are free. */
  s3Event: 1 / 1_000_000,
  /** CloudWatch: one GB of logs taken in; one alarm for one month. */
  logGigabyte: 0.57,
  alarmMonth: 0.1,
  /** KMS: a key for one month; one decryption. */
  keyMonth: 1,
  decryption: 0.03 / 10_000,
  /** An interface endpoint of a VPC in one zone, for one hour. */
  endpointHour: 0.011,
} as const;

/** `provider.memorySize` of serverless.yml, in GB. */
export const functionGigabytes = 0.5;

/** A generous mean of an invocation, cold starts included: most wait for a handful of S3 requests. */
export const invocationSeconds = 0.5;

/** The lines START, END and REPORT that Lambda itself writes for each invocation. */
export const platformLogBytes = 400;

export const hoursOfMonth = 730;

/** Every five minutes. */
export const sweepsOfMonth = (hoursOfMonth * 60) / 5;
