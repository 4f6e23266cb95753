/**
 * What a terminal shows after these writes: lines, cursor up, carriage return, clear to the end of the line and of the
 * screen, wrapping at the width. Enough to see what a person would.
 */
export function screenAfter(text: string, columns: number): readonly string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  const put = (character: string): void => {
    if (column >= columns) {
      row++;
      column = 0;
    }
    lines[row] =
      `${(lines[row] ?? '').padEnd(column).slice(0, column)}${character}${(lines[row] ?? '').slice(column + 1)}`;
    column++;
  };
  const pieces = text.split(/(\p{Cc}\[\??[0-9;]*[A-Za-z]|\n|\r)/u);
  for (const piece of pieces) {
    if (piece === '\n') {
      row++;
      column = 0;
      lines[row] ??= '';
    } else if (piece === '\r') {
      column = 0;
    } else if (/^\p{Cc}\[[0-9]+A$/u.test(piece)) {
      row = Math.max(0, row - Number(piece.slice(2, -1)));
    } else if (piece === '\u001b[K') {
      lines[row] = (lines[row] ?? '').slice(0, column);
    } else if (piece === '\u001b[J') {
      lines[row] = (lines[row] ?? '').slice(0, column);
      lines.length = row + 1;
    } else if (!piece.startsWith('\u001b')) {
      for (const character of piece) {
        put(character);
      }
    }
  }
  return lines;
}
