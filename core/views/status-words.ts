import type { DeploymentEnd } from '../model/statuses.ts';

/** Names of colours, as terminals and the page's style sheet know them. */
export type Colour = 'green' | 'red' | 'yellow' | 'blue' | 'gray';

/** How a status looks: never by icon or colour alone. */
export interface StatusWord {
  readonly icon: string;
  readonly word: string;
  readonly colour: Colour;
}

/** Something is being done right now: a terminal may turn a wheel in place of the icon. */
export const movingIcon = '●';

/** Where a deployment stands: an end, or what it is doing. `Planned` is the end of a dry run. */
export const deploymentWords = {
  Waiting: { icon: '○', word: 'waiting for its turn', colour: 'yellow' },
  Planning: { icon: movingIcon, word: 'planning', colour: 'blue' },
  Staging: { icon: movingIcon, word: 'staging', colour: 'blue' },
  RollingOut: { icon: movingIcon, word: 'rolling out', colour: 'blue' },
  Baking: { icon: movingIcon, word: 'baking', colour: 'blue' },
  AwaitingApproval: { icon: '‖', word: 'waiting for approval', colour: 'yellow' },
  Paused: { icon: '‖', word: 'paused', colour: 'yellow' },
  Reverting: { icon: movingIcon, word: 'reverting', colour: 'yellow' },
  Settling: { icon: movingIcon, word: 'settling', colour: 'yellow' },
  Finishing: { icon: movingIcon, word: 'finishing', colour: 'blue' },
  Running: { icon: movingIcon, word: 'running', colour: 'blue' },
  Lost: { icon: '?', word: 'lost, no end recorded', colour: 'red' },
  Planned: { icon: '✓', word: 'Planned', colour: 'green' },
  Succeeded: { icon: '✓', word: 'Succeeded', colour: 'green' },
  Superseded: { icon: '–', word: 'Superseded', colour: 'gray' },
  FailedClean: { icon: '✗', word: 'FailedClean', colour: 'red' },
  RolledBack: { icon: '↺', word: 'RolledBack', colour: 'yellow' },
  Degraded: { icon: '!', word: 'Degraded', colour: 'yellow' },
  Halted: { icon: '■', word: 'Halted', colour: 'yellow' },
  FailedDirty: { icon: '✗', word: 'FailedDirty', colour: 'red' },
} as const satisfies Readonly<Record<string, StatusWord>> & Readonly<Record<DeploymentEnd, StatusWord>>;
export type DeploymentStatus = keyof typeof deploymentWords;

/** Where a host stands in one part of a deployment. */
export const hostWords = {
  waiting: { icon: '○', word: 'waiting', colour: 'gray' },
  notStarted: { icon: '–', word: 'not touched', colour: 'gray' },
  installing: { icon: movingIcon, word: 'installing', colour: 'blue' },
  staged: { icon: '✓', word: 'staged', colour: 'green' },
  draining: { icon: movingIcon, word: 'draining', colour: 'blue' },
  joining: { icon: movingIcon, word: 'joining the load balancer', colour: 'blue' },
  activating: { icon: movingIcon, word: 'activating', colour: 'blue' },
  gate: { icon: movingIcon, word: 'in its gate', colour: 'blue' },
  passed: { icon: '✓', word: 'passed', colour: 'green' },
  failed: { icon: '✗', word: 'failed', colour: 'red' },
  unknown: { icon: '?', word: 'no answer', colour: 'red' },
  stopped: { icon: '■', word: 'stopped', colour: 'yellow' },
  reverting: { icon: movingIcon, word: 'reverting', colour: 'yellow' },
  revertGate: { icon: movingIcon, word: 'in its gate', colour: 'yellow' },
  reverted: { icon: '↺', word: 'reverted', colour: 'yellow' },
  notReverted: { icon: '✗', word: 'not reverted', colour: 'red' },
  settling: { icon: movingIcon, word: 'settling', colour: 'yellow' },
  settled: { icon: '✓', word: 'settled', colour: 'green' },
  notSettled: { icon: '✗', word: 'not settled', colour: 'red' },
} as const satisfies Readonly<Record<string, StatusWord>>;
export type HostStatus = keyof typeof hostWords;

/** Where a part of a deployment (Stage, a wave, the revert) stands as a whole. */
export const partWords = {
  waiting: { icon: '○', word: 'waiting', colour: 'gray' },
  notStarted: { icon: '–', word: 'not started', colour: 'gray' },
  running: { icon: movingIcon, word: 'running', colour: 'blue' },
  done: { icon: '✓', word: 'done', colour: 'green' },
  stopped: { icon: '■', word: 'stopped', colour: 'yellow' },
  failed: { icon: '✗', word: 'failed', colour: 'red' },
} as const satisfies Readonly<Record<string, StatusWord>>;
export type PartStatus = keyof typeof partWords;

/** How a host of the plan was left at the end. */
export const leftWords = {
  passed: { icon: '✓', word: 'passed', colour: 'green' },
  reverted: { icon: '↺', word: 'put back', colour: 'yellow' },
  untouched: { icon: '–', word: 'not touched', colour: 'gray' },
  kept: { icon: '■', word: 'left as it was', colour: 'yellow' },
  skipped: { icon: '–', word: 'left out', colour: 'gray' },
  dirty: { icon: '✗', word: 'not as it should be', colour: 'red' },
} as const satisfies Readonly<Record<string, StatusWord>>;
export type LeftStatus = keyof typeof leftWords;

/** How one command to a host ended. */
export const stepWords = {
  done: { icon: '✓', word: 'done', colour: 'green' },
  failed: { icon: '✗', word: 'failed', colour: 'red' },
  refused: { icon: '✗', word: 'refused', colour: 'red' },
  unknown: { icon: '?', word: 'no answer', colour: 'red' },
  open: { icon: movingIcon, word: 'under way', colour: 'blue' },
  reported: { icon: '⚠', word: 'would have failed', colour: 'yellow' },
} as const satisfies Readonly<Record<string, StatusWord>>;

/**
 * What an operator needs first: whether a mess was left. `none`: every host is as it was, or as was asked. `mixed`:
 * hosts run different releases, each of them healthy. `dirty`: somebody must repair a host.
 */
export type Mess = 'none' | 'mixed' | 'dirty';

export const endMeanings = {
  Succeeded: { mess: 'none', text: 'Every host of the plan runs the release and passed its gate.' },
  Planned: { mess: 'none', text: 'A plan only. Nothing was changed.' },
  Superseded: { mess: 'none', text: 'Nothing was changed.' },
  FailedClean: { mess: 'none', text: 'No mess: no running service was touched.' },
  RolledBack: {
    mess: 'none',
    text: 'No mess: every touched host is back on its previous release and passed its gate.',
  },
  Degraded: {
    mess: 'mixed',
    text: 'Named hosts run their previous release, all others the new one.',
  },
  Halted: { mess: 'mixed', text: 'Stopped by an operator. Who runs what is listed.' },
  FailedDirty: {
    mess: 'dirty',
    text: 'A mess was left: named hosts are not as they should be. Repair each as listed.',
  },
} as const satisfies Readonly<Record<DeploymentEnd | 'Planned', { readonly mess: Mess; readonly text: string }>>;
