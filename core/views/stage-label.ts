import type { StageFacts } from '../model/stage-facts.ts';

/** `prod (account 123456789012, eu-west-1)`; `local (embedded engine)`; `local (embedded engine, simulated hosts)`. */
export function stageLabel(stage: StageFacts): string {
  const marks = [
    ...(stage.kind === 'embedded' ? ['embedded engine'] : []),
    ...(stage.isSimulated === true ? ['simulated hosts'] : []),
    ...(stage.kind === 'aws' && stage.accountId !== undefined ? [`account ${stage.accountId}`] : []),
    ...(stage.kind === 'aws' && stage.region !== undefined ? [stage.region] : []),
  ];
  return marks.length === 0 ? stage.name : `${stage.name} (${marks.join(', ')})`;
}
