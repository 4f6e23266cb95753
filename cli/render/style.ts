import { stripVTControlCharacters, styleText } from 'node:util';
import { type Colour, movingIcon, type StatusWord } from '../../core/views/status-words.ts';

/** How text is painted: on a terminal with colours, or not at all. */
export interface Style {
  readonly paint: (colour: Colour, text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  /** The icon of a status; what moves may turn. */
  readonly icon: (word: StatusWord) => string;
}

const wheel = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

/** Text alone: for files, pipes and `NO_COLOR`. */
export const plainStyle: Style = {
  paint: (_colour, text) => text,
  strong: (text) => text,
  faint: (text) => text,
  icon: (word) => word.icon,
};

/** The style of one drawing; with a `frame` the icon of what moves is the wheel at that position. */
export function styleOf(options: { readonly hasColour: boolean; readonly frame?: number }): Style {
  const turn = (word: StatusWord): string =>
    word.icon === movingIcon && options.frame !== undefined ? (wheel[options.frame % wheel.length] ?? '') : word.icon;
  if (!options.hasColour) {
    return { ...plainStyle, icon: turn };
  }
  const paint = (colour: Colour, text: string): string => styleText(colour, text, { validateStream: false });
  return {
    paint,
    strong: (text) => styleText('bold', text, { validateStream: false }),
    faint: (text) => styleText('dim', text, { validateStream: false }),
    icon: (word) => paint(word.colour, turn(word)),
  };
}

/** Columns that a text takes on a terminal, escape sequences not counted. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** The text cut to so many columns, with `…` at its end where something is missing; escape sequences stay whole. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) {
    return text;
  }
  let shown = 0;
  let isEscape = false;
  let cut = '';
  for (const character of text) {
    isEscape ||= character === escapeCharacter;
    if (isEscape) {
      cut += character;
      isEscape = character !== 'm';
    } else if (shown < width - 1) {
      cut += character;
      shown++;
    }
  }
  return `${cut}…`;
}

/** Begins what colours text: `ESC [ … m`. */
const escapeCharacter = '\u001b';
