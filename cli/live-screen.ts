import { cutTo, widthOf } from './render/style.ts';
import type { Output } from './world.ts';

/** Lines at the end of a terminal that are drawn again in place. */
export interface LiveScreen {
  draw(lines: readonly string[]): void;
  /** Draws a last time, whole and uncut, and gives the cursor back. */
  end(lines: readonly string[]): void;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Terminals that know it show what stands between these two at once; the others ignore it. */
const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';
const clearToLineEnd = '\u001b[K';
const clearBelow = '\u001b[J';

/**
 * A small renderer: one write for each drawing, every line overwritten rather than cleared first, so nothing flickers.
 * Lines are cut to the terminal's width; of more lines than it has rows the last ones are shown. A terminal that was made
 * narrower has wrapped what stands there: the rows it takes now are counted again.
 */
export function createLiveScreen(output: Output): LiveScreen {
  let drawn: readonly string[] = [];

  const backToTop = (): string => {
    const { columns } = output.size();
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\r`;
  };
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}${clearToLineEnd}\n`).join('');

  return {
    draw(lines) {
      const { columns, rows } = output.size();
      const visible = lines.slice(-Math.max(1, rows - 1)).map((line) => cutTo(line, columns - 1));
      output.write(`${beginUpdate}${hideCursor}${backToTop()}${text(visible)}${clearBelow}${endUpdate}`);
      drawn = visible;
    },
    end(lines) {
      output.write(`${beginUpdate}${backToTop()}${text(lines)}${clearBelow}${showCursor}${endUpdate}`);
      drawn = [];
    },
  };
}
