import { type Cause, type CauseKind, causeKinds } from '../core/model/causes.ts';
import { exitCodes } from '../core/model/errors.ts';
import { endStates } from '../core/model/statuses.ts';
import { causeMeanings, decisionTexts, kindTitles } from '../core/views/cause-meanings.ts';

/** A state of the definition, as far as the README draws it. */
interface DrawnState {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly StringEquals: string; readonly Next: string }[];
}

export interface DrawnDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, DrawnState>>;
}

/** What stands between the README's markers, by the name of the marker. `screen` is what a test saw the command print. */
export function readmeParts(definition: DrawnDefinition, screen: string): Readonly<Record<string, string>> {
  const terminal = ['```', '$ npx rollgate status', screen.trimEnd(), '```'].join('\n');
  return { terminal, machine: drawMachine(definition), ends: endTable(definition), exits: exitTable() };
}

/** What stands between the markers of docs/operating.md. */
export function guideParts(): Readonly<Record<string, string>> {
  return { decisions: decisionTable(), causes: causeTables() };
}

/** The README with every generated part put in anew. Throws where a marker has no part. */
export function renderReadme(text: string, parts: Readonly<Record<string, string>>): string {
  return text.replaceAll(/<!-- generated: (\w+) -->\n[\s\S]*?<!-- end -->/g, (_found, name: string) => {
    const part = parts[name];
    if (part === undefined) {
      throw new Error(`nothing is generated for the marker ${name}`);
    }
    return `<!-- generated: ${name} -->\n${part}\n<!-- end -->`;
  });
}

/** States and transitions without the catches; a Choice is drawn as the words it compares. */
function drawMachine({ StartAt, States }: DrawnDefinition): string {
  const edges = Object.entries(States).flatMap(([name, state]) => [
    ...(state.Next === undefined ? [] : [`  ${name} --> ${state.Next}`]),
    ...(state.Choices ?? []).map((choice) => `  ${name} --> ${choice.Next}: ${choice.StringEquals}`),
    ...(state.Default === undefined ? [] : [`  ${name} --> ${state.Default}`]),
  ]);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${StartAt}`, ...edges, '```'].join('\n');
}

function endTable({ States }: DrawnDefinition): string {
  const rows = endStates.map((name) => {
    const state = States[name];
    if (state === undefined) {
      throw new Error(`the definition has no end state ${name}`);
    }
    return `| \`${name}\` | ${state.Type === 'Succeed' ? 'succeeds' : 'fails'} | ${state.Comment ?? ''} |`;
  });
  return ['| end state | the execution | means |', '|---|---|---|', ...rows].join('\n');
}

function exitTable(): string {
  const rows = Object.entries(exitCodes).map(([name, code]) => `| ${code} | \`${name}\` |`);
  return ['| exit code | error |', '|---|---|', '| 0 | none: it is as asked |', ...rows].join('\n');
}

const kinds: readonly CauseKind[] = ['release', 'host', 'shared', 'platform'];

function decisionTable(): string {
  const rows = kinds.map((kind) => {
    const texts = decisionTexts(kind);
    return `| ${kindTitles[kind]} (\`${kind}\`) | ${texts.staging} | ${texts.switching} |`;
  });
  return ['| whose fault | while it is staged | once a host is switched |', '|---|---|---|', ...rows].join('\n');
}

function causeTables(): string {
  const causes = Object.entries(causeKinds) as readonly (readonly [Cause, CauseKind])[];
  const rows = kinds.flatMap((kind) =>
    causes
      .filter(([, each]) => each === kind)
      .map(([cause]) => `| \`${cause}\` | ${kindTitles[kind]} | ${causeMeanings[cause]} |`),
  );
  return ['| cause | whose fault | what it means |', '|---|---|---|', ...rows].join('\n');
}
