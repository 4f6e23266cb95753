import { checkPolicy, type Principal } from './check-policies.ts';
import type { Statement } from './iam.ts';
import type { Policies } from './policies.ts';

export interface Mutation {
  /** What was done to the policies, for messages. */
  readonly name: string;
  /** The role or managed policy that was changed. */
  readonly id: string;
  readonly policies: Policies;
}

/** The names of those mutations after which the check finds what it found before. */
export function unnoticed(
  mutations: readonly Mutation[],
  policies: Policies,
  principals: readonly Principal[],
): readonly string[] {
  const found = (of: Policies, id: string): string => JSON.stringify(checkPolicy(of, id, principals));
  const before = new Map([...policies.keys()].map((id) => [id, found(policies, id)]));
  return mutations
    .filter((mutation) => found(mutation.policies, mutation.id) === before.get(mutation.id))
    .map(({ name }) => name);
}

/** Every way to take one action, one resource or one condition out of one statement. */
export function withoutOne(policies: Policies): readonly Mutation[] {
  return replaced(policies, (statement) => [
    ...statement.actions.map((action) => ({
      name: `without ${action}`,
      statement: { ...statement, actions: statement.actions.filter((each) => each !== action) },
    })),
    ...statement.resources.map((resource) => ({
      name: `without ${resource}`,
      statement: { ...statement, resources: statement.resources.filter((each) => each !== resource) },
    })),
    ...statement.conditions.map((condition) => ({
      name: `without the condition on ${condition.key}`,
      statement: { ...statement, conditions: statement.conditions.filter((each) => each !== condition) },
    })),
  ]);
}

/** Every statement with one more action, and with every resource where it named some. */
export function withMore(policies: Policies, action: string): readonly Mutation[] {
  return replaced(policies, (statement) =>
    statement.effect === 'Deny'
      ? []
      : [
          ...(statement.actions.includes(action)
            ? []
            : [{ name: `with ${action}`, statement: { ...statement, actions: [...statement.actions, action] } }]),
          ...(statement.resources.includes('*')
            ? []
            : [{ name: 'on everything', statement: { ...statement, resources: ['*'] } }]),
        ],
  );
}

function replaced(
  policies: Policies,
  change: (statement: Statement) => readonly { readonly name: string; readonly statement: Statement }[],
): readonly Mutation[] {
  return [...policies].flatMap(([id, statements]) =>
    statements.flatMap((original) =>
      change(original).map(({ name, statement }) => ({
        name: `${original.name} ${name}`,
        id,
        policies: new Map([...policies, [id, statements.map((each) => (each === original ? statement : each))]]),
      })),
    ),
  );
}
