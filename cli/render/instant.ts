/** `2026-11-22 20:45:00` in UTC, as deployment ids have it. */
export function instantText(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace('T', ' ');
}

/** `20:45:00` in UTC. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 19);
}
