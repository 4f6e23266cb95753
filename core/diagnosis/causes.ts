/**
 * Why a host failed: the closed list. The kind decides what happens: `release` is reverted, `host` counts against the
 * failure budget, `shared` (the old release shows it too) pauses, `platform` is tried again.
 */
export const causeKinds = {
  'os-packages-failed': 'host',
  'interpreter-missing': 'host',
  'artifact-corrupt': 'release',
  'artifact-invalid': 'release',
  'download-failed': 'platform',
  'pip-install-failed': 'release',
  'package-index-unreachable': 'platform',
  'secret-unreadable': 'shared',
  'uwsgi-not-found': 'release',
  'app-load-failed': 'release',
  'start-failed': 'release',
  'stop-failed': 'host',
  'crash-loop': 'release',
  'port-in-use': 'host',
  'upstream-unreachable': 'shared',
  'upstream-refused': 'shared',
  'upstream-name-unresolved': 'shared',
  'amqp-auth-failed': 'shared',
  'target-unhealthy': 'host',
  'target-group-unusable': 'host',
  'last-healthy-target': 'host',
  'http-unhealthy': 'release',
  'journal-errors': 'release',
  'worker-deaths': 'release',
  'disk-full': 'host',
  'out-of-memory': 'host',
  'release-missing': 'host',
  'previous-missing': 'host',
  'permission-denied': 'host',
  'agent-offline': 'host',
  'host-lost': 'host',
  'delivery-timed-out': 'platform',
  'execution-timed-out': 'host',
  'command-lost': 'platform',
  'command-cancelled': 'platform',
  'late-command-refused': 'platform',
  'fence-refused': 'platform',
  'clock-skew': 'host',
  'script-failed': 'host',
  unknown: 'host',
} as const satisfies Readonly<Record<string, CauseKind>>;

export type CauseKind = 'release' | 'host' | 'shared' | 'platform';
export type Cause = keyof typeof causeKinds;
