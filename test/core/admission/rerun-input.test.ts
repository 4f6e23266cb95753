import { describe, expect, it } from 'vitest';
import { parseExecutionInput } from '../../../core/admission/execution-input.ts';
import { rerunInput } from '../../../core/admission/rerun-input.ts';
import type { AdmittedDeployment } from '../../../core/model/deployment-records.ts';
import type { DeploymentRequest } from '../../../core/model/deployment-request.ts';
import { endings } from '../../given/recorded-deployments.ts';

function admittedFor(request: DeploymentRequest): AdmittedDeployment {
  const { admitted } = endings.Succeeded;
  if (admitted === null) {
    throw new Error('the story has no request');
  }
  return { ...admitted, request };
}

describe('the input of a rerun', () => {
  it.each<[input: Record<string, unknown>, again: Record<string, unknown>]>([
    [{}, {}],
    [{ release: 'v41' }, { release: 'v41' }],
    [{ versionId: 'abc' }, { versionId: 'abc' }],
    [{ upload: 'abc' }, { versionId: 'abc' }],
    [{ rollback: true }, { rollback: true, release: 'v2' }],
    [
      { rollback: true, release: 'v2' },
      { rollback: true, release: 'v2' },
    ],
    [
      { configOnly: true, hosts: ['i-0a1b2c3d4e5f60718'], by: 'bob' },
      { configOnly: true, hosts: ['i-0a1b2c3d4e5f60718'] },
    ],
    [{ resume: 'd-20261122-204500-1a2b3c' }, { release: 'v2' }],
    [{ converge: ['i-0a1b2c3d4e5f60718'] }, { release: 'v2', hosts: ['i-0a1b2c3d4e5f60718'] }],
    [
      { release: 'v41', hosts: ['i-0a1b2c3d4e5f60718'], dryRun: true, reason: 'why', by: 'bob' },
      { release: 'v41', hosts: ['i-0a1b2c3d4e5f60718'], dryRun: true, reason: 'why' },
    ],
  ])('of %j is %j', (input, again) => {
    const rerun = rerunInput(admittedFor(parseExecutionInput(input)));

    expect(rerun).toEqual(again);
    expect(() => parseExecutionInput(rerun)).not.toThrow();
  });

  it.each(['repair', 'continue'])('is refused for a %s', (kind) => {
    const admitted = admittedFor(parseExecutionInput({ [kind]: 'd-20261122-204500-1a2b3c' }));

    expect(() => rerunInput(admitted)).toThrow(`a ${kind} is Rollgate's own work`);
  });
});
