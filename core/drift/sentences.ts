import type { DriftKind, UntoldKind } from '../model/host-inspection.ts';

/** What it means that a host shows this; `what` names the places. */
export const driftSentences: Readonly<Record<DriftKind, (what: string) => string>> = {
  'unit-changed': (what) => `the unit was changed by hand: ${what}`,
  'unit-masked': (what) => `the unit is masked: ${what} would not start`,
  'unit-disabled': (what) => `the unit is ${what}: it would not start with the host`,
  'drop-in': (what) => `a drop-in made by hand changes the unit: ${what}`,
  'reload-needed': (what) => `systemd has loaded another ${what} than is on the disk`,
  'not-active': (what) => `the service does not run: ${what}`,
  'environment-changed': (what) => `the environment file was changed by hand: ${what}`,
  'environment-added': (what) => `the environment file was given more variables by hand: ${what}`,
  'environment-missing': (what) => `the environment file is gone: ${what}`,
  'process-environment': (what) =>
    `the running process has other values than its environment file was written with: ${what}`,
  'process-replaced': (what) => `the running process is not what its files say: ${what}`,
  'code-changed': (what) => `code was changed by hand: ${what}`,
  'code-added': (what) => `files were added to the code by hand: ${what}`,
  'code-missing': (what) => `files of the code are gone: ${what}`,
  'virtualenv-incomplete': (what) => `the virtualenv is not complete: ${what}`,
  'virtualenv-changed': (what) => `files of the virtualenv were changed by hand: ${what}`,
  'virtualenv-added': (what) => `files were added to the virtualenv by hand: ${what}`,
  'virtualenv-missing': (what) => `files of the virtualenv are gone: ${what}`,
  'program-missing': (what) => `the program of the service is gone or can not be run: ${what}`,
  'package-changed': (what) => `the virtualenv has other packages than were installed: ${what}`,
  'package-added': (what) => `packages were installed by hand: ${what}`,
  'package-missing': (what) => `packages are gone from the virtualenv: ${what}`,
  'secret-rotated': (what) => `a secret was rotated since the service was given it: ${what}`,
};

/** What could not be told. */
export const untoldSentences: Readonly<Record<UntoldKind, (what: string) => string>> = {
  'not-recorded': (what) =>
    `not recorded: ${what}; it was installed before Rollgate kept such records, the next release has them`,
  'secret-unread': (what) => `whether a secret was rotated could not be told: ${what}`,
};
