import type { Ledger, Ports } from '../clients/ports.ts';
import type { Step, StepError, StepIntent, StepOutcome } from '../core/deployment-records.ts';
import { oneLine } from '../core/diagnosis/finding.ts';
import type { StepAction } from '../core/statuses.ts';
import { createJson, encode, readAll } from './json-objects.ts';
import { keys } from './keys.ts';

/**
 * The steps of hosts: per attempt one `.intent.json` written before the command is sent, one `.sent.json` with the
 * command id, and the outcome `.json`. Each is written once and never changed.
 */
type StepPorts = Pick<Ports, 'stage' | 'ledger'>;

interface SentCommand {
  readonly instanceId: string;
  readonly action: StepAction;
  readonly attempt: number;
  readonly commandId: string;
}

type StepObject = StepIntent | SentCommand | StepOutcome;

/** All steps of one host, or of every host where none is named. */
export async function readSteps(ports: StepPorts, deploymentId: string, instanceId?: string): Promise<readonly Step[]> {
  const prefix = keys.hosts(ports.stage.service, deploymentId) + (instanceId === undefined ? '' : `${instanceId}/`);
  const names = await ports.ledger.list(prefix);
  return stepsOf(await readAll<StepObject>(ports.ledger, names.filter(isOfStep)));
}

/** All steps of every host, and the errors at which the machine gave some up. */
export async function readHosts(
  ports: StepPorts,
  deploymentId: string,
): Promise<{ readonly steps: readonly Step[]; readonly errors: readonly StepError[] }> {
  const names = await ports.ledger.list(keys.hosts(ports.stage.service, deploymentId));
  const [steps, errors] = await Promise.all([
    readAll<StepObject>(ports.ledger, names.filter(isOfStep)),
    readAll<StepError>(
      ports.ledger,
      names.filter((name) => !isOfStep(name)),
    ),
  ]);
  return { steps: stepsOf(steps), errors };
}

function isOfStep(key: string): boolean {
  return !key.endsWith('.error.json');
}

function stepsOf(objects: readonly StepObject[]): readonly Step[] {
  const steps = new Map<string, { intent?: StepIntent; commandId: string | null; outcome: StepOutcome | null }>();
  for (const object of objects) {
    const name = `${object.instanceId}/${object.action}-${object.attempt}`;
    const step = steps.get(name) ?? { commandId: null, outcome: null };
    if ('status' in object) {
      step.outcome = object;
    } else if ('commandId' in object) {
      step.commandId = object.commandId;
    } else {
      step.intent = object;
    }
    steps.set(name, step);
  }
  return [...steps.values()].flatMap(({ intent, commandId, outcome }) =>
    intent === undefined ? [] : [{ intent, commandId, outcome }],
  );
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

/** Notes how a step ended; the first outcome stands. */
export async function writeOutcome(ports: StepPorts, deploymentId: string, outcome: StepOutcome): Promise<StepOutcome> {
  return (await createJson(ports.ledger, stepKey(ports, deploymentId, outcome, '.json'), outcome)).value;
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
