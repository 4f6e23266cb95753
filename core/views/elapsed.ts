/** Whole tenths of a second between two instants; null where the first is not known. Never negative. */
export function secondsBetween(from: string | null, to: string | number | null): number | null {
  if (from === null || to === null) {
    return null;
  }
  const end = typeof to === 'number' ? to : Date.parse(to);
  return Math.max(0, Math.round((end - Date.parse(from)) / 100) / 10);
}

/**
 * A duration for people: `0.4 s`, `31.2 s`, `2 min 5 s`, `1 h 4 min`.
 *
 * durationText(59.96) = `1 min 0 s`; durationText(3660) = `1 h 1 min`
 */
export function durationText(seconds: number): string {
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 60) {
    return `${tenths.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The earlier of some instants; null of none. ISO 8601 in UTC sorts as text. */
export function earliest(instants: readonly string[]): string | null {
  return instants.toSorted()[0] ?? null;
}

export function latest(instants: readonly string[]): string | null {
  return instants.toSorted().at(-1) ?? null;
}
