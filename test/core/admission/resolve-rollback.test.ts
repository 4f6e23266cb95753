import { describe, expect, test } from 'vitest';
import { resolveRollback } from '../../../core/admission/resolve-rollback.ts';
import {
  type DifferingHost,
  type DifferingHosts,
  emptyTargetState,
  type TargetState,
} from '../../../core/model/target-state.ts';
import { lockOf, queueEntry } from '../../given/lock.ts';
import { documentedRows, wordsOf } from '../documented-rows.ts';

const lock = lockOf('d-running');

function given(history: readonly string[], more: Partial<TargetState> = {}): TargetState {
  const stableHistory = history.map((word) => {
    const release = Number(/^v(\d+)/.exec(word)?.[1]);
    return { release, releaseId: `v${release}-x`, deploymentId: 'd', at: 'then', isRollback: word.endsWith('(r)') };
  });
  return { ...emptyTargetState('payment'), stableHistory, ...more };
}

/** `a v1 (r)`: a rollback left it on v1; the last host is of the latest deployment. */
function differingOf(words: readonly string[]): DifferingHosts {
  return Object.fromEntries(
    words.map((word, index): readonly [string, DifferingHost] => {
      const [name = '', runs = ''] = word.split(' ');
      const by = `d-2026112${index}-204500-aaaaaa`;
      const mark = word.endsWith('(r)') ? { isRollback: true as const } : {};
      return [name, { runs, since: 'then', by, why: 'Degraded', ...mark }];
    }),
  );
}

describe('resolveRollback', () => {
  const rows = documentedRows('core/admission/resolve-rollback.ts', 'resolveRollback');

  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  test.each(rows)(
    'history %s, differing [%s], running [%s], asked [%s]: %s',
    (history, differing, running, asked, expected) => {
      const isRepair = (running ?? '').startsWith('repair');
      const isConverge = (running ?? '').startsWith('converge');
      const state = given(wordsOf(history), {
        ...(running === '' ? {} : { lock: { ...lock, isConverge, purpose: isRepair ? 'repair' : 'rollout' } }),
        differing: differingOf(wordsOf(differing)),
      });
      const resolve = () => resolveRollback(state, asked === '' ? undefined : Number(asked?.slice(1)));

      if (expected?.startsWith('refused')) {
        expect(resolve).toThrow(expect.objectContaining({ name: 'InvalidDeploymentError' }));
        return;
      }
      expect(resolve()).toEqual({
        release: Number(/^v(\d+)/.exec(expected ?? '')?.[1]),
        halts: expected?.includes('halts') ? 'd-running' : null,
      });
    },
  );

  test.each<[string, TargetState, string]>([
    [
      'a double click',
      given(['v1', 'v2', 'v1 (r)']),
      'rollback: v1 was reached by a rollback already; name the release to go to, one of v1, v2: rollgate rollback --to v2',
    ],
    [
      'a rollback that runs',
      given(['v1', 'v2'], { lock: { ...lock, isRollback: true } }),
      'rollback: a rollback is under way already; watch it with rollgate status --watch',
    ],
    [
      'a rollback that waits',
      given(['v1', 'v2'], {
        queue: [queueEntry('d-waiting', { isRollback: true })],
      }),
      'rollback: a rollback is under way already; watch it with rollgate status --watch',
    ],
    [
      'nothing earlier',
      given(['v1']),
      'rollback: v1 is the only release that has succeeded here, so there is none to go back to',
    ],
    [
      'nothing at all',
      given([]),
      'rollback: no release has succeeded on the whole target yet, so there is none to go back to',
    ],
  ])('%s is refused with its sentence', (_why, state, sentence) => {
    expect(() => resolveRollback(state, undefined)).toThrow(sentence);
  });

  test('a named release halts a running rollout too, but nothing else that runs', () => {
    expect(resolveRollback(given(['v1', 'v2'], { lock }), 1)).toEqual({ release: 1, halts: 'd-running' });
    expect(resolveRollback(given(['v1', 'v2'], { lock: { ...lock, isRollback: true } }), 1).halts).toBeNull();
  });

  test('going back twice in a row needs a name, and then goes on from there', () => {
    expect(resolveRollback(given(['v1', 'v2', 'v3', 'v2 (r)', 'v4']), undefined).release).toBe(2);
  });
});
