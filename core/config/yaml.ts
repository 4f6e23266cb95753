import { LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import { InvalidDeploymentError } from '../model/errors.ts';

/** Aliases that one document may resolve: the file has no need of any, and nested ones grow without bound. */
const maxAliases = 20;

/**
 * The value that a YAML 1.2 text holds. Throws InvalidDeploymentError with one `line N: sentence` for each syntax
 * error and each key that is given twice.
 */
export function readYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new InvalidDeploymentError(
      document.errors.map((error) => {
        const { line } = lines.linePos(error.pos[0]);
        return `line ${line}: ${sentenceOf(error, text)}`;
      }),
    );
  }
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    throw new InvalidDeploymentError('line 1: not valid YAML: its aliases multiply into too much', {
      cause: error,
    });
  }
}

function sentenceOf(error: YAMLParseError, text: string): string {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return twice(text, error.pos[0]);
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; the file must hold one';
    default:
      return `not valid YAML: ${error.message}`;
  }
}

function twice(text: string, position: number): string {
  const key = /^[^:\n]*/.exec(text.slice(position))?.[0].trim() ?? '';
  return `the key ${key} is given twice`;
}
