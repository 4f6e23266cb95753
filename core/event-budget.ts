import type { Decision, RecordedDecision } from './rollout-facts.ts';

/**
 * Step Functions ends an execution hard at 25,000 history events. A host of a wave costs about 20 (Map iteration, two
 * tasks, a choice, one heartbeat retry), so the deployment continues in a new execution well before that.
 */
export const eventsPerHost = 20;
export const maxEventsPerExecution = 18_000;

/** What a decision costs besides its hosts: the hub, a park, a Map's own start and end. */
export const eventsPerDecision = 30;

/**
 * Whether the next decision would make the history of this execution too long. An end never would, and neither would
 * the first decision of an execution, whatever it costs.
 */
export function isOverEventBudget(earlier: readonly RecordedDecision[], next: Decision): boolean {
  const continued = earlier.findLastIndex(({ decision }) => decision.kind === 'continue');
  const used = earlier.slice(continued + 1).reduce((sum, { decision }) => sum + eventsOf(decision), 0);
  return next.kind !== 'finish' && used > 0 && used + eventsOf(next) > maxEventsPerExecution;
}

/** The children of Stage, a Distributed Map, are executions of their own. */
function eventsOf(decision: Decision): number {
  const hosts = 'hosts' in decision && decision.kind !== 'stage' ? decision.hosts.length : 0;
  return eventsPerDecision + hosts * eventsPerHost;
}
