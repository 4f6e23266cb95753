/** Where a deployer stands, as far as a person must know. */
export interface StageFacts {
  readonly service: string;
  /** `prod`, `local` */
  readonly name: string;
  readonly kind: 'aws' | 'embedded';
  readonly isSimulated?: boolean;
}

/** `prod`; `local (embedded engine)`; `local (embedded engine, simulated hosts)`. */
export function stageLabel(stage: StageFacts): string {
  const marks = [
    ...(stage.kind === 'embedded' ? ['embedded engine'] : []),
    ...(stage.isSimulated === true ? ['simulated hosts'] : []),
  ];
  return marks.length === 0 ? stage.name : `${stage.name} (${marks.join(', ')})`;
}
