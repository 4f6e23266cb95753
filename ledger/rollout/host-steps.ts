import type { Ledger, Ports } from '../../clients/ports.ts';
import { oneLine } from '../../core/diagnosis/finding.ts';
import type { Step, StepError, StepIntent, StepOutcome } from '../../core/model/deployment-records.ts';
import type { StepAction } from '../../core/model/statuses.ts';
import { createJson, encode, readAll, readEach } from '../json-objects.ts';
import { keys } from '../keys.ts';

/**
 * The steps of hosts. Each attempt has one `.intent.json`, written before the command is sent; one `.sent.json` with the
 * command id; and one `.json` with the outcome. Each object is written once and never changed. The outcome holds the intent
 * and the command id too, so that one read is enough for a step that has ended.
 */
type StepPorts = Pick<Ports, 'stage' | 'ledger'>;

interface SentCommand {
  readonly instanceId: string;
  readonly action: StepAction;
  readonly attempt: number;
  readonly commandId: string;
}

/** Rollgate up to 0.3.0 wrote outcomes without the intent. */
type StoredOutcome = StepOutcome & { readonly intent?: StepIntent };

/** How a step ended, without what its intent says already. */
export type StepEnd = Omit<StepOutcome, 'instanceId' | 'action' | 'attempt' | 'round' | 'fence'>;

/** All steps of one host, or of every host where none is named. */
export async function readSteps(ports: StepPorts, deploymentId: string, instanceId?: string): Promise<readonly Step[]> {
  const prefix = keys.hosts(ports.stage.service, deploymentId) + (instanceId === undefined ? '' : `${instanceId}/`);
  const names = await ports.ledger.list(prefix);
  return readListedSteps(ports.ledger, names.filter(isOfStep));
}

/** All steps of every host, and the errors at which the machine gave some up. */
export async function readHosts(
  ports: StepPorts,
  deploymentId: string,
): Promise<{ readonly steps: readonly Step[]; readonly errors: readonly StepError[] }> {
  const names = await ports.ledger.list(keys.hosts(ports.stage.service, deploymentId));
  const [steps, errors] = await Promise.all([
    readListedSteps(ports.ledger, names.filter(isOfStep)),
    readAll<StepError>(
      ports.ledger,
      names.filter((name) => !isOfStep(name)),
    ),
  ]);
  return { steps, errors };
}

function isOfStep(key: string): boolean {
  return !key.endsWith('.error.json');
}

/** The steps whose objects have these keys: an ended step takes one read, an open one takes a read of each object. */
async function readListedSteps(ledger: Ledger, names: readonly string[]): Promise<readonly Step[]> {
  const listed = new Set(names);
  const bases = [...new Set(names.map((name) => name.replace(/(?:\.intent|\.sent)?\.json$/, '')))];
  const outcomes = await readListed<StoredOutcome>(ledger, bases, '.json', listed);
  const others = bases.filter((base) => outcomes.get(base)?.intent === undefined);
  const [intents, sents] = await Promise.all([
    readListed<StepIntent>(ledger, others, '.intent.json', listed),
    readListed<SentCommand>(ledger, others, '.sent.json', listed),
  ]);
  return bases.flatMap((base) => joinStep(outcomes.get(base), intents.get(base), sents.get(base)) ?? []);
}

/** The listed objects with this ending, by the part of the key before it. */
async function readListed<Value>(
  ledger: Ledger,
  bases: readonly string[],
  ending: string,
  listed: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Value>> {
  const there = bases.filter((base) => listed.has(base + ending));
  const values = await readEach<Value>(
    ledger,
    there.map((base) => base + ending),
  );
  return new Map(
    there.flatMap((base, index) => {
      const value = values[index];
      return value === undefined ? [] : [[base, value]];
    }),
  );
}

/** Undefined without an intent: nothing is sent before that is written. */
function joinStep(
  stored: StoredOutcome | undefined,
  writtenIntent: StepIntent | undefined,
  sent: SentCommand | undefined,
): Step | undefined {
  const { intent = writtenIntent, ...outcome } = stored ?? {};
  if (intent === undefined) {
    return undefined;
  }
  const commandId = stored?.commandId ?? sent?.commandId ?? null;
  return { intent, commandId, outcome: stored === undefined ? null : (outcome as StepOutcome) };
}

/** Writes the intent of a step before its command is sent; returns the one that stands. */
export async function writeIntent(ports: StepPorts, deploymentId: string, intent: StepIntent): Promise<StepIntent> {
  return (await createJson(ports.ledger, stepKey(ports, deploymentId, intent, '.intent.json'), intent)).value;
}

/** Notes the command id of a step; returns the one that stands. */
export async function writeSent(
  ports: StepPorts,
  deploymentId: string,
  intent: StepIntent,
  commandId: string,
): Promise<string> {
  const { instanceId, action, attempt } = intent;
  const sent: SentCommand = { instanceId, action, attempt, commandId };
  return (await createJson(ports.ledger, stepKey(ports, deploymentId, intent, '.sent.json'), sent)).value.commandId;
}

/** Writes how a step ended, with its intent; the first outcome stands and is returned. */
export async function writeOutcome(
  ports: StepPorts,
  deploymentId: string,
  intent: StepIntent,
  end: StepEnd,
): Promise<StepOutcome> {
  const { instanceId, action, attempt, round, fence } = intent;
  const own: StoredOutcome = { instanceId, action, attempt, round, fence, ...end, intent };
  const written = await createJson(ports.ledger, stepKey(ports, deploymentId, intent, '.json'), own);
  const { intent: _, ...outcome } = written.value;
  return outcome;
}

/** Letters of the cause of an error: a person still reads them, and 400 hosts may have one each. */
const longestCause = 600;

/** Notes at which error the machine gave a round of a host up; the first one stands. */
export async function writeStepError(ports: StepPorts, deploymentId: string, error: StepError): Promise<void> {
  const noted = { ...error, cause: oneLine(error.cause, longestCause) };
  await ports.ledger.create(keys.stepError(ports.stage.service, deploymentId, error), encode(noted));
}

function stepKey(
  ports: { readonly stage: Ports['stage']; readonly ledger: Ledger },
  deploymentId: string,
  step: { readonly instanceId: string; readonly action: StepAction; readonly attempt: number },
  ending: string,
): string {
  return keys.step(ports.stage.service, deploymentId, step.instanceId, step.action, step.attempt) + ending;
}
