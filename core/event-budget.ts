import type { Decision, RecordedDecision } from './rollout-facts.ts';

/**
 * Step Functions ends an execution hard at 25,000 history events. A host of a wave costs about 20 (Map iteration, two
 * tasks, a choice, one heartbeat retry), so the deployment continues in a new execution well before that.
 */
export const eventsPerHost = 20;
export const maxEventsPerExecution = 18_000;

/** What a decision costs besides its hosts: the hub, a park, a Map's own start and end. */
export const eventsPerDecision = 30;

/** A parked task is looked at again every 15 minutes: failed, scheduled, started and submitted anew. */
export const eventsPerHeartbeat = 4;
const heartbeatMilliseconds = 900_000;

/**
 * Whether the next decision would make the history of this execution too long. An end never would, and neither would
 * the first decision of an execution, whatever it costs.
 */
export function isOverEventBudget(earlier: readonly RecordedDecision[], next: Decision): boolean {
  const continued = earlier.findLastIndex(({ decision }) => decision.kind === 'continue');
  const own = earlier.slice(continued + 1);
  const used = own.reduce((sum, each, index) => sum + eventsOf(each.decision) + eventsOfWait(each, own[index + 1]), 0);
  return next.kind !== 'finish' && used > 0 && used + eventsOf(next) > maxEventsPerExecution;
}

function eventsOfWait({ decision, at }: RecordedDecision, next: RecordedDecision | undefined): number {
  if (decision.kind !== 'park' || next === undefined) {
    return 0;
  }
  return Math.ceil((Date.parse(next.at) - Date.parse(at)) / heartbeatMilliseconds) * eventsPerHeartbeat;
}

/** The children of Stage, a Distributed Map, are executions of their own. */
function eventsOf(decision: Decision): number {
  const hosts = 'hosts' in decision && decision.kind !== 'stage' ? decision.hosts.length : 0;
  return eventsPerDecision + hosts * eventsPerHost;
}
