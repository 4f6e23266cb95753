import { type Statement, statementsOf } from './iam.ts';
import { readResources } from './template.ts';

/** Statements by who has them: logical ids of roles and of managed policies. */
export type Policies = ReadonlyMap<string, readonly Statement[]>;

/** Every policy of the stack. A role also has the statements of the managed policies that it names. */
export async function readPolicies(): Promise<Policies> {
  const resources = await readResources('infra/roles.yml', 'infra/operators.yml', 'infra/host-profile.yml');
  const policies = new Map<string, readonly Statement[]>();
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    if (Type === 'AWS::IAM::ManagedPolicy') {
      policies.set(id, statementsOf(id, Properties['PolicyDocument']));
    }
    if (Type === 'AWS::IAM::Role') {
      const own = (Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: unknown }[];
      policies.set(
        id,
        own.flatMap((policy) => statementsOf(id, policy.PolicyDocument)),
      );
    }
  }
  return policies;
}
