/** Where a deployer stands, as far as a person must know. */
export interface StageFacts {
  readonly service: string;
  /** `prod`, `local` */
  readonly name: string;
  readonly kind: 'aws' | 'embedded';
  readonly isSimulated?: boolean;
  readonly accountId?: string;
  readonly region?: string;
}
