import type { RolloutFacts } from '../../model/rollout-facts.ts';

/** The last thing that brought a rollout forward. */
export interface LastProgress {
  /** `payment-2 passed its gate at 20:47:12 UTC` */
  readonly text: string;
  /** Since then, without the time spent waiting on purpose. */
  readonly secondsAgo: number;
}

type Facts = Pick<RolloutFacts, 'progress' | 'decisions' | 'nowMilliseconds'>;

interface Mark {
  readonly text: string;
  readonly at: string;
}

const sentences = { staged: 'was staged', passed: 'passed its gate' } as const;

/**
 * What counts: a host was staged or passed its gate. Stage as a whole counts too when it is over, which it is for the
 * decision that follows it: hosts that nobody heard of have held it up for as long as their own deadline lets them, and
 * the failure budget is what judges them.
 */
export function lastProgress(facts: Facts): LastProgress {
  const { progress, decisions, nowMilliseconds } = facts;
  const advances = progress.flatMap(({ host, advance }): Mark[] =>
    advance === null ? [] : [{ text: `${host.name} ${sentences[advance.kind]}`, at: advance.at }],
  );
  const last = advances.reduce(newer, { text: 'staging was over', at: stagedAt(decisions, nowMilliseconds) });
  const since = Date.parse(last.at);
  return {
    text: `${last.text} at ${last.at.slice(11, 19)} UTC`,
    secondsAgo: (nowMilliseconds - since - waitedMilliseconds(facts, since)) / 1000,
  };
}

/** The decision that came after the last Stage says when it was over. */
function stagedAt(decisions: Facts['decisions'], nowMilliseconds: number): string {
  const next = decisions[decisions.findLastIndex(({ decision }) => decision.kind === 'stage') + 1];
  return next?.at ?? new Date(nowMilliseconds).toISOString();
}

function newer(one: Mark, other: Mark): Mark {
  return Date.parse(other.at) > Date.parse(one.at) ? other : one;
}

/** Of the time since then, what was spent waiting on purpose: for people, or for a bake. */
export function waitedMilliseconds(
  { decisions, nowMilliseconds }: Pick<Facts, 'decisions' | 'nowMilliseconds'>,
  since: number,
): number {
  return decisions.reduce((sum, { decision, at }, index) => {
    const next = decisions[index + 1]?.at;
    const end = next === undefined ? nowMilliseconds : Date.parse(next);
    const isWait = decision.kind === 'park' || decision.kind === 'bake';
    return isWait ? sum + Math.max(0, end - Math.max(since, Date.parse(at))) : sum;
  }, 0);
}
