import type { DeploymentPlan } from '../../model/deployment-records.ts';
import type { Decision, RecordedDecision, RolloutFacts } from '../../model/rollout-facts.ts';

/**
 * Step Functions ends an execution hard at 25,000 history events. A host of a wave costs about 16 (Map iteration, two
 * tasks, a choice) and four for each heartbeat that passes while it works, so the deployment continues in a new execution
 * well before that.
 */
export const eventsPerSwitch = 16;
/** `HeartbeatSeconds` of the states that work on a host of a wave. */
const hostHeartbeatSeconds = 30;
/** `HeartbeatSeconds` of the states that wait for the load balancer: nothing tells them, so they look each time. */
export const balancerHeartbeatSeconds = 10;
/** A Map iteration with one task. */
const eventsPerBalancerStep = 8;
export const maxEventsPerExecution = 18_000;

type EventPlan = Pick<DeploymentPlan, 'secondsPerHost' | 'loadBalancer'>;

/** What a decision costs besides its hosts: the hub, a park, a Map's own start and end. */
const eventsPerDecision = 30;

/** A parked task is looked at again every 15 minutes: failed, scheduled, started and submitted anew. */
const eventsPerHeartbeat = 4;
const heartbeatMilliseconds = 900_000;

/**
 * Whether the next decision would make the history of this execution too long. An end never would, and neither would
 * the first decision of an execution, whatever it costs.
 */
export function isOverEventBudget(facts: Pick<RolloutFacts, 'decisions' | 'plan'>, next: Decision): boolean {
  const { decisions: earlier, plan } = facts;
  const continued = earlier.findLastIndex(({ decision }) => decision.kind === 'continue');
  const own = earlier.slice(continued + 1);
  const used = own.reduce(
    (sum, each, index) => sum + eventsOf(each.decision, plan) + eventsOfWait(each, own[index + 1]),
    0,
  );
  return next.kind !== 'finish' && used > 0 && used + eventsOf(next, plan) > maxEventsPerExecution;
}

/** Events that one host of a wave costs at most. 20 s to pass: 20; 600 s: 96. */
export function eventsPerHost({ secondsPerHost }: EventPlan): number {
  return eventsPerSwitch + eventsPerHeartbeat * Math.ceil(secondsPerHost / hostHeartbeatSeconds);
}

/** The hosts that one decision may name without its history growing too long. */
export function maxHostsAtOnce(plan: EventPlan): number {
  const most = Math.max(eventsPerHost(plan), eventsToLeave(plan), eventsToJoin(plan));
  return Math.max(1, Math.floor((maxEventsPerExecution - eventsPerDecision) / most));
}

function eventsOfWait({ decision, at }: RecordedDecision, next: RecordedDecision | undefined): number {
  if (decision.kind !== 'park' || next === undefined) {
    return 0;
  }
  return Math.ceil((Date.parse(next.at) - Date.parse(at)) / heartbeatMilliseconds) * eventsPerHeartbeat;
}

/** The children of Stage, a Distributed Map, are executions of their own. */
function eventsOf(decision: Decision, plan: EventPlan): number {
  const hosts = 'hosts' in decision && decision.kind !== 'stage' ? decision.hosts.length : 0;
  const each =
    decision.kind === 'drain'
      ? eventsToLeave(plan)
      : decision.kind === 'join'
        ? eventsToJoin(plan)
        : eventsPerHost(plan);
  return eventsPerDecision + hosts * each;
}

/** Events until a host has left its load balancer. 300 s: 128. */
export function eventsToLeave({ loadBalancer }: EventPlan): number {
  return eventsOfLooks(loadBalancer?.drainSeconds);
}

/** Events until a host has joined its load balancer. 120 s: 56. */
export function eventsToJoin({ loadBalancer }: EventPlan): number {
  return eventsOfLooks(loadBalancer?.healthySeconds);
}

function eventsOfLooks(seconds: number | undefined): number {
  return seconds === undefined
    ? 0
    : eventsPerBalancerStep + eventsPerHeartbeat * Math.ceil(seconds / balancerHeartbeatSeconds);
}
