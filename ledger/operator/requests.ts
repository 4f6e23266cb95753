import type { Ports } from '../../clients/ports.ts';
import type { Control } from '../../core/model/operator-requests.ts';
import {
  type Controls,
  type ControlVerb,
  deploymentVerbs,
  type OperatorRequest,
  targetVerbs,
} from '../../core/model/operator-requests.ts';
import { encode, readAll, readEach, readJson } from '../json-objects.ts';
import { keys, wholeTarget } from '../keys.ts';

type LedgerPorts = Pick<Ports, 'stage' | 'ledger'>;

/** Every word of this verb to a deployment (or to `target`), oldest first. */
async function readWords(ports: LedgerPorts, verb: ControlVerb, about: string): Promise<readonly OperatorRequest[]> {
  const names = await ports.ledger.list(keys.controls(ports.stage.service, verb, about));
  return (await readAll<Control>(ports.ledger, names)).map((word) => ({ verb, ...word }));
}

/** The last word of this verb to a deployment (or to `target`); null where it was never said. */
export async function readControl(ports: LedgerPorts, verb: ControlVerb, about: string): Promise<Control | null> {
  // The names begin with the instant: the order of the keys is the order of the words.
  const last = (await ports.ledger.list(keys.controls(ports.stage.service, verb, about))).at(-1);
  return last === undefined ? null : ((await readJson<Control>(ports.ledger, last)) ?? null);
}

/** What the decisions of a deployment are made from. */
export async function readControls(ports: LedgerPorts, deploymentId: string): Promise<Controls> {
  const [halt, pause, resume, approve, skip, retry] = await Promise.all([
    readControl(ports, 'halt', deploymentId),
    readControl(ports, 'pause', deploymentId),
    readControl(ports, 'resume', deploymentId),
    readControl(ports, 'approve', deploymentId),
    readWords(ports, 'skip', deploymentId),
    readWords(ports, 'retry', deploymentId),
  ]);
  return { halt, pause, resume, approve, skip, retry };
}

/** What may end a step that is out. */
export async function readStoppingWords(
  ports: LedgerPorts,
  deploymentId: string,
): Promise<Pick<Controls, 'halt' | 'skip'>> {
  const [halt, skip] = await Promise.all([
    readControl(ports, 'halt', deploymentId),
    readWords(ports, 'skip', deploymentId),
  ]);
  return { halt, skip };
}

/** Everything that was said to a deployment, oldest first. */
export async function readRecord(ports: LedgerPorts, deploymentId: string): Promise<readonly OperatorRequest[]> {
  const words = await Promise.all(deploymentVerbs.map((verb) => readWords(ports, verb, deploymentId)));
  return words.flat().toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The same for many deployments at once, by deployment; and under `target` what was said about the target. */
export async function readRecords(
  ports: LedgerPorts,
  deploymentIds: readonly string[],
): Promise<ReadonlyMap<string, readonly OperatorRequest[]>> {
  const prefix = keys.allControls(ports.stage.service);
  const wanted = new Set([...deploymentIds, wholeTarget]);
  const named = (await ports.ledger.list(prefix)).flatMap((key) => {
    const [verb = '', about = '', ...rest] = key.slice(prefix.length).split('/');
    return isVerb(verb) && wanted.has(about) && rest.length === 1 ? [{ key, verb, about }] : [];
  });
  const words = await readEach<Control>(
    ports.ledger,
    named.map(({ key }) => key),
  );
  const spoken = named.flatMap(({ verb, about }, index) => {
    const word = words[index];
    return word === undefined ? [] : [{ about, word: { verb, ...word } }];
  });
  const inOrder = spoken.toSorted((a, b) => Date.parse(a.word.at) - Date.parse(b.word.at));
  const byDeployment = Map.groupBy(inOrder, ({ about }) => about);
  return new Map([...byDeployment].map(([about, said]) => [about, said.map(({ word }) => word)]));
}

function isVerb(text: string): text is ControlVerb {
  return ([...deploymentVerbs, ...targetVerbs] as readonly string[]).includes(text);
}

/** Says a verb. No word is ever changed or taken back; the same one twice is one. */
export async function writeControl(
  ports: LedgerPorts,
  verb: ControlVerb,
  about: string,
  control: Control,
): Promise<void> {
  await ports.ledger.create(keys.control(ports.stage.service, verb, about, control), encode(control));
}
