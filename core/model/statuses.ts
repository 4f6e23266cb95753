/**
 * The closed sets of words for how a deployment and its hosts stand. Other modules, the CLI and the page take their
 * types and their spelling from here.
 */

/** How a deployment ended. The first three end the execution in a Succeed state, the others in a Fail state. */
export const endStates = [
  'Succeeded',
  'Superseded',
  'Continued',
  'FailedClean',
  'RolledBack',
  'Degraded',
  'Halted',
  'FailedDirty',
] as const;
export type EndState = (typeof endStates)[number];

/** `Continued` ends an execution, never a deployment: its successor execution goes on with the same deployment. */
export type DeploymentEnd = Exclude<EndState, 'Continued'>;

/** What Rollgate asks of a host. `revert` and `verifyRevert` are `activate` and `verify` pointed at the previous release. */
export const hostActions = ['install', 'activate', 'verify', 'revert', 'verifyRevert', 'settle'] as const;
export type HostAction = (typeof hostActions)[number];

/** What Rollgate asks of the load balancer on behalf of a host: to let it go, and to take it in. */
export const balancerActions = ['drain', 'join'] as const;
export type BalancerAction = (typeof balancerActions)[number];

/** What the record of a host has a step of. */
export type StepAction = HostAction | BalancerAction;

/** The SSM document that serves each action. */
export const documentOfAction = {
  install: 'install',
  activate: 'activate',
  verify: 'verify',
  revert: 'activate',
  verifyRevert: 'verify',
  settle: 'settle',
} as const satisfies Record<HostAction, string>;
export type DocumentKind = (typeof documentOfAction)[HostAction];

/** Every SSM document: those of a deployment, and the one that only looks at a host, beside whatever is going on. */
export const hostDocuments = ['install', 'activate', 'verify', 'settle', 'inspect'] as const satisfies readonly (
  | DocumentKind
  | 'inspect'
)[];
export type HostDocument = (typeof hostDocuments)[number];

/** What asked for a deployment. A person's request goes before waiting uploads; only an upload supersedes an upload. */
export const triggers = ['upload', 'person', 'converge', 'repair'] as const;
export type Trigger = (typeof triggers)[number];
