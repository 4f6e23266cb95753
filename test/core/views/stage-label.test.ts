import { expect, it } from 'vitest';
import type { StageFacts } from '../../../core/model/stage-facts.ts';
import { stageLabel } from '../../../core/views/stage-label.ts';

it.each<[facts: Omit<StageFacts, 'service' | 'name'>, label: string]>([
  [{ kind: 'aws', accountId: '123456789012', region: 'eu-west-1' }, 'prod (account 123456789012, eu-west-1)'],
  [{ kind: 'aws' }, 'prod'],
  [{ kind: 'embedded', region: 'eu-west-1' }, 'prod (embedded engine)'],
  [{ kind: 'embedded', region: 'eu-west-1', isSimulated: true }, 'prod (embedded engine, simulated hosts)'],
])('a stage of %j is called %s', (facts, label) => {
  expect(stageLabel({ service: 'payment', name: 'prod', ...facts })).toBe(label);
});
