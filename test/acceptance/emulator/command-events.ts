import type { RunCommandEvent } from '../../../local/run-command/status-event.ts';
import type { EmulatorApi } from './emulator-api.ts';

interface Rule {
  readonly Name: string;
  readonly State: string;
  readonly EventPattern?: string;
}

interface Target {
  readonly Id: string;
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: unknown;
}

/**
 * Brings a status event of Run Command to the targets of the rules that it matches. PutEvents refuses a source that
 * begins with `aws.`, here as on AWS, and the emulator has no Run Command that would emit one. So its own rules are
 * asked (TestEventPattern decides), and their functions are invoked as EventBridge does, asynchronously.
 */
export async function deliverCommandEvent(event: RunCommandEvent, emulator: EmulatorApi): Promise<void> {
  const ask = <Answer>(action: string, input: unknown) => emulator.json<Answer>('events', `AWSEvents.${action}`, input);
  const { Rules } = await ask<{ readonly Rules: readonly Rule[] }>('ListRules', {});
  for (const rule of Rules) {
    if (rule.State !== 'ENABLED' || rule.EventPattern === undefined) continue;
    const tested = { EventPattern: rule.EventPattern, Event: JSON.stringify(event) };
    if (!(await ask<{ readonly Result: boolean }>('TestEventPattern', tested)).Result) continue;
    const { Targets } = await ask<{ readonly Targets: readonly Target[] }>('ListTargetsByRule', { Rule: rule.Name });
    for (const target of Targets) await invoke(rule, target, event, emulator);
  }
}

async function invoke(rule: Rule, target: Target, event: RunCommandEvent, emulator: EmulatorApi): Promise<void> {
  const isPlain = target.Input === undefined && target.InputPath === undefined && target.InputTransformer === undefined;
  if (!isPlain || !/^arn:aws:lambda:[^:]+:[0-9]+:function:/.test(target.Arn)) {
    throw new Error(`${rule.Name}: the target ${target.Id} is not a function that gets the event as it is`);
  }
  const path = `/2015-03-31/functions/${encodeURIComponent(target.Arn)}/invocations`;
  await emulator.rest('lambda', 'POST', path, {
    headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' },
    body: JSON.stringify(event),
  });
}
