import { emptyTargetState, type TargetState } from '../../core/model/target-state.ts';
import { eventsPerSwitch, maxEventsPerExecution } from '../../core/rollout/plan/event-budget.ts';
import { keys } from '../../ledger/keys.ts';
import type { StateBucket } from './state-bucket.ts';

/** What somebody else has written into the ledger; at once, so that it may happen between two calls. */
export interface GivenLedger {
  /** Ids of all deployments in the ledger, oldest first. */
  deploymentIds(): readonly string[];
  /** The newest deployment has made its history as long as it may be, in this execution. */
  givenLongHistory(executionArn: string): void;
  givenFrozen(reason: string): void;
  givenThawed(): void;
  /** Something that only its writer knows stands in state.json. */
  givenNote(note: string): void;
  /** Makes the outcome of a step what Rollgate 0.3 wrote: it has no intent. Returns false if the key is of something else. */
  givenOlderOutcome(key: string): boolean;
  /** Somebody else holds the lock from now on, with a higher fence. */
  givenLockStolen(): void;
}

/** An execution that nobody knows. */
export const stolenBy = 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:somebody-else';

export function createGivenLedger(bucket: StateBucket, now: () => number): GivenLedger {
  const stateKey = keys.state('payment');
  const write = (state: unknown, by: string): void =>
    void bucket.put(stateKey, JSON.stringify({ ...(state as object), writeId: by }));
  const read = (): TargetState => {
    const state = bucket.json(stateKey);
    if (state === undefined) throw new Error('there is no state.json yet');
    return state as TargetState;
  };

  function deploymentIds(): readonly string[] {
    const prefix = keys.deployments('payment');
    const own = bucket.keys().filter((key) => key.startsWith(prefix));
    return [...new Set(own.map((key) => key.slice(prefix.length).split('/')[0] ?? ''))];
  }

  return {
    deploymentIds,
    givenLongHistory(executionArn) {
      const hosts = Array.from({ length: maxEventsPerExecution / eventsPerSwitch }, () => 'i-00000000');
      const at = new Date(now()).toISOString();
      const decision = { round: 0, decision: { kind: 'settle', hosts }, fence: 0, at, executionArn, error: null };
      void bucket.put(keys.decision('payment', deploymentIds().at(-1) ?? '', 0), JSON.stringify(decision));
    },
    givenFrozen(reason) {
      const freeze = { by: 'anna', at: new Date(now()).toISOString(), reason };
      const state = bucket.json(stateKey) ?? emptyTargetState('payment');
      write({ ...(state as TargetState), freeze }, 'anna');
    },
    givenThawed: () => write({ ...read(), freeze: null }, 'anna'),
    givenNote: (note) => write({ ...read(), note }, 'somebody else'),
    givenOlderOutcome(key) {
      if (!/\/hosts\/[^/]+\/[^/.]+\.json$/.test(key)) return false;
      const { intent, ...outcome } = bucket.json(key) as { readonly intent?: unknown };
      if (intent !== undefined) bucket.given(key, outcome);
      return intent !== undefined;
    },
    givenLockStolen() {
      const state = read();
      if (state.lock === null) throw new Error('nobody holds the lock');
      const fence = state.fence + 1;
      write({ ...state, fence, lock: { ...state.lock, executionArn: stolenBy, fence } }, 'a thief');
    },
  };
}
