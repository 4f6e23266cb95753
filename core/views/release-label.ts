import { releaseName } from '../model/release-manifest.ts';

/**
 * What a host runs, for people.
 *
 * `v42-1a2b3c4d5e6f` → `v42`, `v0` → `v0 (from before Rollgate)`, `none` → `nothing`, null → `not seen`
 */
export function runningLabel(running: string | null): string {
  switch (running) {
    case null:
      return 'not seen';
    case 'none':
      return 'nothing';
    case 'v0':
      return 'v0 (from before Rollgate)';
    default:
      return running.split('-')[0] ?? running;
  }
}

/** `v42`; a dry run of an upload makes no release, its number is 0. */
export function releaseLabel(number: number): string {
  return number === 0 ? 'a new release' : releaseName(number);
}
