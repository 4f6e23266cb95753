import { expect, test } from 'vitest';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import { isSeenServing } from '../../../../core/rollout/progress/seen-serving.ts';
import { documentedRows } from '../../documented-rows.ts';
import { givenHost } from '../../given-rollout.ts';

const rows = documentedRows('core/rollout/progress/seen-serving.ts', 'isSeenServing');
const answers: Readonly<Record<string, boolean | undefined>> = { yes: true, no: false, unknown: undefined };

test('every row has an answer', () => {
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.every(([, , , answer]) => (answer ?? '') in answers)).toBe(true);
});

test.each(rows)('a host that is %s, whose newest report is %s, and that ran %s: %s', (run, report, before, answer) => {
  const host = givenHost('a', {
    run: run as HostProgress['run'],
    lastAnswer: report === 'none' ? null : (report as HostProgress['lastAnswer']),
    before: before ?? null,
  });

  expect(isSeenServing(host)).toBe(answers[answer ?? '']);
});

test('a host outside its load balancer does not serve, however well it is', () => {
  const balancer = { standing: 'unhealthy', wasRegistered: true, attempts: 2, lostDrains: 0 } as const;

  for (const run of ['untouched', 'passed', 'reverted', 'failed'] as const) {
    expect(isSeenServing(givenHost('a', { run, balancer }))).toBe(false);
  }
});
