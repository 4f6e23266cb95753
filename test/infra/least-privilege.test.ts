import { beforeAll, describe, expect, test } from 'vitest';
import { readRecords } from '../machine/story-records.ts';
import { checkPolicies, type Principal } from './permissions/check-policies.ts';
import { functionsAsPrincipals, unseenFunctions } from './permissions/functions-as-principals.ts';
import { unnoticed, withMore, withoutOne } from './permissions/mutations.ts';
import { type Policies, readPolicies } from './permissions/policies.ts';
import { mergeCalls, type RecordedCall } from './permissions/recorded-calls.ts';
import { settings } from './permissions/stage.ts';

/** What the stories of the machine made the functions call. */
let calls: readonly RecordedCall[];
let policies: Policies;
let principals: readonly Principal[];

beforeAll(async () => {
  calls = mergeCalls(readRecords().map((record) => record.calls));
  principals = await functionsAsPrincipals(calls);
  const roles = principals.flatMap((principal) => principal.policies);
  policies = new Map([...(await readPolicies())].filter(([id]) => roles.includes(id)));
});

/**
 * Granted, reachable in the code, and needed by no story: the first write of a file that a deployment's end has written
 * before wherever there is something to converge, and what is asked of a converge whose start nobody remembers.
 */
const neededByNoStory: readonly string[] = [
  `OnExecutionStatusRole: BeginConvergence: nothing needs s3:PutObject on ${ledgerArn('convergence.json')}`,
  `OnInstanceRunningRole: ReadLedger: nothing needs s3:GetObject on ${ledgerArn('deployments/*/request.json')}`,
  `OnInstanceRunningRole: ReadLedger: nothing needs s3:GetObject on ${ledgerArn('deployments/*/release.json')}`,
  `OnInstanceRunningRole: ReadLedger: nothing needs s3:GetObject on ${ledgerArn('deployments/*/outcome.json')}`,
  `OnInstanceRunningRole: BeginConvergence: nothing needs s3:PutObject on ${ledgerArn('convergence.json')}`,
  `SweepLocksRole: BeginConvergence: nothing needs s3:PutObject on ${ledgerArn('convergence.json')}`,
];

describe('the roles of the functions', () => {
  test('allow everything that the stories make them do, nothing else, and nothing elsewhere', () => {
    expect(checkPolicies(policies, principals)).toEqual(neededByNoStory);
  });

  test('are found wanting or too wide when any action, resource or condition is taken from any statement', () => {
    expect(unnoticed(withoutOne(policies), policies, principals)).toEqual([]);
  });

  test.each([
    's3:DeleteObjectVersion',
    's3:PutBucketPolicy',
    'ssm:GetParameter',
    'iam:PassRole',
    'states:StopExecution',
  ])('are found too wide with %s in any statement, and with any statement on everything', (action) => {
    expect(unnoticed(withMore(policies, action), policies, principals)).toEqual([]);
  });

  test('whatever a function may call of AWS, some story has shown, if only of another function', async () => {
    expect(await unseenFunctions(calls)).toEqual([]);
  });
});

function ledgerArn(key: string): string {
  return `arn:aws:s3:::${settings.stateBucket}/rollgate/${settings.service}/${key}`;
}
