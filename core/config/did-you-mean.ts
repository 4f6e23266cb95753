/** Words further apart than this are no slip of the finger. */
const maxSlips = 2;

/**
 * The known word that a mistyped one probably means: equal but for case, `-` and `_`, or at most two slips away
 * (fewer than half of its letters); undefined where none is near.
 */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const plain = simplify(word);
  let best: { readonly word: string; readonly slips: number } | undefined;
  for (const candidate of known) {
    const slips = slipsBetween(plain, simplify(candidate));
    if (slips <= maxSlips && slips * 2 < candidate.length && (best === undefined || slips < best.slips)) {
      best = { word: candidate, slips };
    }
  }
  return best?.word;
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Levenshtein distance: letters to add, drop or change. */
function slipsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
