import { describe, expect, test } from 'vitest';
import { mayLackZip, missingZipProblem, missingZipWarning } from '../../../core/admission/missing-zip.ts';
import type { DeploymentRequest } from '../../../core/model/deployment-request.ts';
import { documentedRows } from '../documented-rows.ts';

const zipKey = 'rollgate/payment/releases/1.zip';

describe('a deployment whose release has no zip in the ledger', () => {
  const rows = documentedRows('core/admission/missing-zip.ts', 'mayLackZip');

  test('has worked examples', () => {
    expect(rows).toHaveLength(8);
  });

  test.each(rows)('%s, where the earlier one was [%s]: goes on: %s', (kind, before, expected) => {
    const isRollback = before === 'a rollback';
    const trigger = before === 'a converge' ? 'converge' : 'person';
    const earlier = before === '' ? undefined : ({ isRollback, trigger } as const);

    expect(mayLackZip(kind as DeploymentRequest['kind'], earlier) ? 'yes' : 'no').toBe(expected);
  });

  test('says what follows, and what to type where it is refused', () => {
    expect(missingZipWarning('v1', zipKey)).toBe(
      `the zip of v1 is not in the ledger any more (${zipKey}): a host that does not have v1 on its disk fails in staging and is named`,
    );
    expect(missingZipProblem('resume', 'v1', zipKey)).toBe(
      `resume: the zip of v1 is not in the ledger any more (${zipKey}), so a host could not download it; upload the same zip ` +
        'again, or go back to it with what the hosts still have on their disks: rollgate rollback --to v1',
    );
  });
});
