import { describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import type { Run } from '../../functions/runtime/handler.ts';
import { createWorld } from '../fakes/world.ts';
import { checkPolicies, type Principal } from './permissions/check-policies.ts';
import { functionsAsPrincipals, unseenFunctions } from './permissions/functions-as-principals.ts';
import { withMore, withoutOne } from './permissions/mutations.ts';
import { type Policies, readPolicies } from './permissions/policies.ts';
import { recordCalls } from './permissions/recorded-calls.ts';
import { settings } from './permissions/stage.ts';
// The stories run here once more, with every call of a port recorded under the function that made it.
import '../machine/stories/rollout.ts';
import '../machine/stories/rollback.ts';
import '../machine/stories/uploads.ts';
import '../machine/stories/config-only.ts';
import '../machine/stories/operators.ts';
import '../machine/stories/alarms.ts';
import '../machine/stories/refusals.ts';
import '../machine/stories/shared-fault.ts';
import '../machine/stories/silence.ts';
import '../machine/stories/causes.ts';
import '../machine/stories/commands.ts';
import '../machine/stories/repair.ts';
import '../machine/stories/catches.ts';
import '../machine/stories/converge.ts';
import '../machine/stories/converge-stopped.ts';

const recorded = vi.hoisted(() => ({ calls: undefined as undefined | ReturnType<typeof recordCalls> }));

vi.mock('../../functions/runtime/handler.ts', async (importActual) => {
  const actual = await importActual<typeof import('../../functions/runtime/handler.ts')>();
  return {
    ...actual,
    toHandler: <Schema extends z.ZodType, Output>(name: string, schema: Schema, run: Run<z.output<Schema>, Output>) =>
      actual.toHandler(name, schema, (input, ports) => {
        recorded.calls ??= recordCalls();
        return run(input, recorded.calls.record(name, ports));
      }),
  };
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

test('a release whose first write was repeated unnoticed is known again as the same content', async () => {
  const world = await createWorld();
  await world.givenUpload(1);
  world.faults.given('ledger.create', { kind: 'repeat' }, { matches: /releases\/1\.json/ });

  const story = await world.deploy();

  expect(story.end).toBe('Succeeded');
  expect(world.pendingFaults()).toEqual([]);
  await world.close();
});

describe('the roles of the functions', { timeout: 60_000 }, () => {
  test('allow everything that the stories make them do, nothing else, and nothing elsewhere', async () => {
    const { policies, principals } = await givenFunctions();

    expect(checkPolicies(policies, principals)).toEqual(neededByNoStory);
  });

  test('are found wanting or too wide when any action, resource or condition is taken from any statement', async () => {
    const { policies, principals } = await givenFunctions();
    const unnoticed = withoutOne(policies).filter(({ policies: changed }) => isAsBefore(changed, principals));

    expect(unnoticed.map(({ name }) => name)).toEqual([]);
  });

  test.each([
    's3:DeleteObjectVersion',
    's3:PutBucketPolicy',
    'ssm:GetParameter',
    'iam:PassRole',
    'states:StopExecution',
  ])('are found too wide with %s in any statement, and with any statement on everything', async (action) => {
    const { policies, principals } = await givenFunctions();
    const unnoticed = withMore(policies, action).filter(({ policies: changed }) => isAsBefore(changed, principals));

    expect(unnoticed.map(({ name }) => name)).toEqual([]);
  });

  test('whatever a function may call of AWS, some story has shown, if only of another function', async () => {
    if (recorded.calls === undefined) throw new Error('no story ran before');

    expect(await unseenFunctions(recorded.calls)).toEqual([]);
  });
});

function isAsBefore(policies: Policies, principals: readonly Principal[]): boolean {
  return JSON.stringify(checkPolicies(policies, principals)) === JSON.stringify(neededByNoStory);
}

function ledgerArn(key: string): string {
  return `arn:aws:s3:::${settings.stateBucket}/rollgate/${settings.service}/${key}`;
}

let given: Promise<{ policies: Policies; principals: readonly Principal[] }> | undefined;

function givenFunctions(): Promise<{ policies: Policies; principals: readonly Principal[] }> {
  given ??= readFunctions();
  return given;
}

async function readFunctions(): Promise<{ policies: Policies; principals: readonly Principal[] }> {
  if (recorded.calls === undefined) throw new Error('no story ran before');
  const principals = await functionsAsPrincipals(recorded.calls);
  const roles = principals.flatMap((principal) => principal.policies);
  return { policies: new Map([...(await readPolicies())].filter(([id]) => roles.includes(id))), principals };
}
