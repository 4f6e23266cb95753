import { applies, isAllowed, type Request, type Statement } from './iam.ts';
import type { Policies } from './policies.ts';

/** Somebody with policies of the stack: a function, the state machine, a host, a person. */
export interface Principal {
  readonly name: string;
  /** By the logical ids of roles and managed policies. */
  readonly policies: readonly string[];
  /** What it has besides that the stack does not give it. */
  readonly others?: readonly Statement[];
  /** All that it does. */
  readonly requests: readonly Request[];
  /** What it must not be able to do. */
  readonly refused: readonly Request[];
}

/**
 * Compares policies with what is done, both ways: what is done and not allowed, what is allowed and not done, what must be
 * refused and is not. One sentence for each.
 */
export function checkPolicies(policies: Policies, principals: readonly Principal[]): readonly string[] {
  return [
    ...principals.flatMap((principal) => checkPrincipal(policies, principal)),
    ...[...policies.keys()].flatMap((id) => checkUse(policies, id, principals)),
  ];
}

/** What of that depends on this one role or managed policy. */
export function checkPolicy(policies: Policies, id: string, principals: readonly Principal[]): readonly string[] {
  return [
    ...ownersOf(id, principals).flatMap((principal) => checkPrincipal(policies, principal)),
    ...checkUse(policies, id, principals),
  ];
}

function ownersOf(id: string, principals: readonly Principal[]): readonly Principal[] {
  return principals.filter((principal) => principal.policies.includes(id));
}

function statementsOfPrincipal(policies: Policies, { name, policies: ids, others }: Principal): readonly Statement[] {
  const own = ids.flatMap((id) => {
    const statements = policies.get(id);
    if (statements === undefined) throw new Error(`${name}: the stack has no ${id}`);
    return statements;
  });
  return [...own, ...(others ?? [])];
}

function checkPrincipal(policies: Policies, principal: Principal): readonly string[] {
  const { name, requests, refused } = principal;
  const statements = statementsOfPrincipal(policies, principal);
  return [
    ...requests
      .filter((request) => !isAllowed(statements, request))
      .map((request) => `${name} needs ${textOf(request)}, and no statement allows it`),
    ...refused
      .filter((request) => isAllowed(statements, request))
      .map((request) => `${name} may ${textOf(request)}, which it must not`),
  ];
}

/** Each action on each resource of each statement must be needed by somebody. */
function checkUse(policies: Policies, id: string, principals: readonly Principal[]): readonly string[] {
  const requests = ownersOf(id, principals).flatMap((principal) => principal.requests);
  return (policies.get(id) ?? [])
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) =>
      statement.actions.flatMap((action) =>
        statement.resources
          .filter((resource) => {
            const one = { ...statement, actions: [action], resources: [resource] };
            return !requests.some((request) => applies(one, request));
          })
          .map((resource) => `${statement.name}: nothing needs ${action} on ${resource}`),
      ),
    );
}

function textOf({ action, resource, context }: Request): string {
  const given = Object.entries(context ?? {}).map(([key, value]) => `${key} ${value}`);
  return `${action} on ${resource}${given.length === 0 ? '' : ` (${given.join(', ')})`}`;
}
