import { beforeAll, describe, expect, test } from 'vitest';
import { fakeWorld } from '../cli/fake-world.ts';
import { checkPolicies, type Principal } from './permissions/check-policies.ts';
import { hostsAsPrincipals, unknownCallsOfScripts } from './permissions/hosts-as-principals.ts';
import { machineAsPrincipal } from './permissions/machine-as-principal.ts';
import { unnoticed, withMore, withoutOne } from './permissions/mutations.ts';
import { operatorsAsPrincipals, unseenOfVerbs, verbs } from './permissions/operators-as-principals.ts';
import { type Policies, readPolicies } from './permissions/policies.ts';

let policies: Policies;
let principals: readonly Principal[];

/** Every command is bundled once. */
const bundling = 60_000;

beforeAll(async () => {
  const all = await readPolicies();
  principals = [machineAsPrincipal(), ...hostsAsPrincipals(), ...(await operatorsAsPrincipals())];
  const used = new Set(principals.flatMap((principal) => principal.policies));
  policies = new Map([...all].filter(([id]) => used.has(id)));
}, bundling);

describe('the policies of the state machine, the hosts and the operators', () => {
  test('allow everything that they do, nothing else, and nothing elsewhere', () => {
    expect(checkPolicies(policies, principals)).toEqual([]);
  });

  test('are found wanting or too wide when any action, resource or condition is taken from any statement', () => {
    expect(unnoticed(withoutOne(policies), policies, principals)).toEqual([]);
  });

  test.each([
    's3:DeleteObject',
    's3:PutObject',
    'ssm:SendCommand',
    'ssm:StartSession',
    'kms:CreateGrant',
    'iam:PassRole',
  ])('are found too wide with %s in any statement, and with any statement on everything', (action) => {
    expect(unnoticed(withMore(policies, action), policies, principals)).toEqual([]);
  });
});

test('every role and policy of the stack belongs to somebody', async () => {
  const roles = [...(await readPolicies()).keys()].filter((id) => !policies.has(id));

  // The others are those of the functions: least-privilege.test.ts.
  expect(roles.filter((id) => !/^(?!StateMachine|Host)[A-Z]\w+Role$/.test(id))).toEqual([]);
});

test('the scripts on the hosts download and ask for what the check of the hosts knows, and nothing else', () => {
  expect(unknownCallsOfScripts()).toEqual([]);
});

test('whatever a command may call of AWS, some command line has shown', async () => {
  // All read by way of functions without a name, which are seen as those that these hand them to.
  const handedOn = [
    'cli/check-request.ts checkRequest',
    'cli/commands/deploy.ts deployKnown',
    'cli/follow-deployment.ts createLooks',
  ];

  expect(await unseenOfVerbs()).toEqual(handedOn);
});

test('every command of the command line has its policies', async () => {
  const fake = fakeWorld();
  await fake.run('--help');
  const commands =
    fake.stdout
      .text()
      .split('Commands:')[1]
      ?.matchAll(/^ {2}([a-z]+)/gm) ?? [];
  const names = [...commands].map((match) => match[1]).filter((name) => name !== 'help');

  expect(Object.keys(verbs).sort()).toEqual(names.sort());
});
