import type { Ledger, Ports } from '../clients/ports.ts';
import type { Step, StepIntent, StepOutcome } from '../core/deployment-records.ts';
import type { StepAction } from '../core/statuses.ts';
import { createJson, readAll } from './json-objects.ts';
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
  const objects = await readAll<StepObject>(ports.ledger, names);
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

function stepKey(
  ports: { readonly stage: Ports['stage']; readonly ledger: Ledger },
  deploymentId: string,
  step: { readonly instanceId: string; readonly action: StepAction; readonly attempt: number },
  ending: string,
): string {
  return keys.step(ports.stage.service, deploymentId, step.instanceId, step.action, step.attempt) + ending;
}
