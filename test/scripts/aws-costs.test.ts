import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costTables, countFleets, withTables } from '../../scripts/costs/cost-tables.ts';
import { costOf, countDeployments, type Usage } from '../../scripts/costs/count-deployment.ts';

const page = readFileSync(new URL('../../docs/deploying-to-aws.md', import.meta.url), 'utf8');

test('the page about AWS has the costs as they are counted now (npx node scripts/aws-costs.ts --write)', async () => {
  expect(withTables(page, await costTables(await countFleets()))).toBe(page);
});

test('a rollout of three hosts is counted state by state', async () => {
  const { rollout, rollback, failed } = await countDeployments(3);

  // Main line: Admit, Admitted, AcquireLock, Acquired, Plan, Stage, Finish, Outcome, Succeeded and the start; InstallRelease
  // and its child's start for each host; NextWave and Direction after Stage and each wave; the waves themselves.
  const main = 10;
  const installs = 3 * 2;
  const waves = 2 + 1;
  const rounds = (1 + 2) * 2;
  const hosts = 3 * 3;
  expect(Math.abs(rollout.transitions - (main + installs + rounds + waves + hosts))).toBeLessThanOrEqual(3);
  expect(rollout.invocations).toBeGreaterThan(3 * 3);
  expect(rollout.decryptions).toBe(3 * 3);
  expect(rollback.transitions).toBeLessThanOrEqual(rollout.transitions);
  expect(failed.decryptions).toBeLessThan(rollout.decryptions);
});

test.each([
  { hosts: 3, reads: 260 },
  { hosts: 16, reads: 1630 },
])('a rollout of $hosts hosts reads at most $reads objects of the ledger', async ({ hosts, reads }) => {
  expect((await countDeployments(hosts)).ledgerReads).toBeLessThanOrEqual(reads);
});

test('every kind of usage has its price', () => {
  const nothing: Usage = {
    transitions: 0,
    invocations: 0,
    s3Writes: 0,
    s3Reads: 0,
    s3Events: 0,
    logBytes: 0,
    decryptions: 0,
  };

  expect(costOf(nothing)).toBe(0);
  expect(costOf({ ...nothing, transitions: 1000 })).toBeCloseTo(0.025, 10);
  expect(costOf({ ...nothing, s3Writes: 1000, s3Reads: 1000 })).toBeCloseTo(0.0054, 10);
  expect(costOf({ ...nothing, invocations: 1_000_000 })).toBeCloseTo(0.2 + 250_000 * 0.0000133334, 6);
  expect(costOf({ ...nothing, s3Events: 1_000_000 })).toBeCloseTo(1, 10);
  expect(costOf({ ...nothing, logBytes: 1e9 })).toBeCloseTo(0.57, 10);
  expect(costOf({ ...nothing, decryptions: 10_000 })).toBeCloseTo(0.03, 10);
});
