import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideAcquire, firstInQueue, withEntry, withoutEntry, withRepair } from '../../../core/lock/acquire-lock.ts';
import { triggers } from '../../../core/model/statuses.ts';
import { emptyTargetState, nextFence, type QueueEntry, type TargetState } from '../../../core/model/target-state.ts';
import { lockOf, queueEntry } from '../../given/lock.ts';

const nowSeconds = 1_790_000_000;

function upload(id: string, more: Partial<QueueEntry> = {}): QueueEntry {
  return queueEntry(id, { trigger: 'upload', versionId: `version-${id}`, ...more });
}

function state(more: Partial<TargetState> = {}): TargetState {
  return { ...emptyTargetState('payment'), ...more };
}

const lock = lockOf('held', { fence: 7 });

function ask(given: TargetState, who: QueueEntry, ended: readonly string[] = []) {
  return decideAcquire({ state: given, entry: who, endedExecutions: new Set(ended), nowSeconds });
}

describe('who asks for the lock', () => {
  test('gets a free one, with a fence of the clock, and leaves the queue', () => {
    const one = queueEntry('one');

    expect(ask(state({ queue: [one] }), one)).toEqual({
      kind: 'acquired',
      fence: nowSeconds,
      isHeld: false,
      state: state({
        fence: nowSeconds,
        lock: {
          deploymentId: 'one',
          executionArn: 'arn:one',
          fence: nowSeconds,
          acquiredAt: new Date(nowSeconds * 1000).toISOString(),
          by: 'anna',
          purpose: 'rollout',
          repairs: 0,
          isRollback: false,
        },
      }),
    });
  });

  test('finds the one it holds already, changed in nothing', () => {
    const given = state({ lock, fence: 7 });

    expect(ask(given, queueEntry('held'))).toEqual({ kind: 'acquired', state: given, fence: 7, isHeld: true });
  });

  test('waits behind the holder', () => {
    expect(ask(state({ lock, queue: [queueEntry('one')] }), queueEntry('one'))).toEqual({
      kind: 'waiting',
      behind: 'held',
    });
  });

  test('is told who froze the target', () => {
    const freeze = { by: 'ben', at: 'then', reason: 'sale' };

    expect(ask(state({ freeze, queue: [queueEntry('one')] }), queueEntry('one'))).toEqual({
      kind: 'frozen',
      by: 'ben',
      reason: 'sale',
    });
  });

  test('of a frozen target goes to a rollback that a person asked for all the same, before who waits', () => {
    const freeze = { by: 'ben', at: 'then', reason: 'sale' };
    const through = queueEntry('one', { isRollback: true, isThroughFreeze: true });
    const frozen = state({ freeze, queue: [queueEntry('before'), through] });

    expect(ask(frozen, through).kind).toBe('acquired');
    expect(ask({ ...frozen, freeze: null }, through)).toEqual({ kind: 'waiting', behind: 'before' });
    expect(ask({ ...frozen, lock }, through).kind).toBe('waiting');
  });

  test('does not wait behind one whose execution has ended', () => {
    const queue = [queueEntry('dead'), queueEntry('one')];

    expect(ask(state({ queue }), queueEntry('one'))).toEqual({ kind: 'waiting', behind: 'dead' });
    expect(ask(state({ queue }), queueEntry('one'), ['arn:dead']).kind).toBe('acquired');
  });

  test('an older upload is superseded by a newer one, whoever holds the lock', () => {
    const newestUpload = { versionId: 'version-new', deploymentId: 'new' };

    expect(ask(state({ lock, newestUpload, queue: [upload('old'), upload('new')] }), upload('old'))).toEqual({
      kind: 'superseded',
      by: { kind: 'upload', versionId: 'version-new' },
    });
  });

  test('a rollback takes the place of every upload that waits, and of nothing else', () => {
    const entries = [upload('one', { release: 4 }), upload('old', { supersededBy: 'earlier' }), queueEntry('person')];
    const rollback = queueEntry('back', { isRollback: true });
    const queued = withEntry(state({ lock, queue: entries }), rollback);

    expect(queued.queue).toEqual([
      { ...entries[0], supersededBy: 'back' },
      ...entries.slice(1),
      { ...rollback, supersedes: [{ deploymentId: 'one', release: 4 }] },
    ]);
    expect(ask(queued, upload('one'))).toMatchObject({
      kind: 'superseded',
      by: { kind: 'rollback', deploymentId: 'back' },
    });
    const free = { ...queued, lock: null, queue: queued.queue.filter(({ deploymentId }) => deploymentId !== 'person') };
    expect(ask(free, rollback)).toMatchObject({
      kind: 'acquired',
      state: { lock: { supersedes: [{ deploymentId: 'one', release: 4 }] } },
    });
  });

  test('an upload that comes after the rollback waits for its turn', () => {
    const rolling = withEntry(state({ lock }), queueEntry('back', { isRollback: true }));
    const later = withEntry(rolling, upload('later'));

    expect(ask(later, upload('later'))).toEqual({ kind: 'waiting', behind: 'held' });
    expect(withEntry(later, queueEntry('back', { isRollback: true }))).toBe(later);
  });

  test('a rollback, a re-run and a converge are never superseded by an upload', () => {
    const newestUpload = { versionId: 'version-new', deploymentId: 'new' };
    for (const who of [
      queueEntry('r', { isRollback: true }),
      queueEntry('p'),
      queueEntry('c', { trigger: 'converge' }),
    ]) {
      expect(ask(state({ newestUpload, queue: [who] }), who).kind).toBe('acquired');
    }
  });
});

describe('the queue', () => {
  test('a person goes before a converge before an upload, each in order of admission', () => {
    const order = [
      upload('u'),
      queueEntry('c', { trigger: 'converge' }),
      queueEntry('p1'),
      queueEntry('p2'),
      queueEntry('r', { trigger: 'repair' }),
    ];
    const served: string[] = [];
    let left = state({ queue: order, newestUpload: { versionId: 'version-u', deploymentId: 'u' } });
    for (let next = firstInQueue(left, new Set()); next !== undefined; next = firstInQueue(left, new Set())) {
      served.push(next.deploymentId);
      left = withoutEntry(left, next.deploymentId);
    }

    expect(served).toEqual(['r', 'p1', 'p2', 'c', 'u']);
  });

  test('an upload that a newer one has replaced is nobody to wait for', () => {
    const newestUpload = { versionId: 'version-new', deploymentId: 'new' };

    expect(firstInQueue(state({ queue: [upload('old'), upload('new')], newestUpload }), new Set())?.deploymentId).toBe(
      'new',
    );
  });

  test('a deployment waits once, and not at all while it holds the lock', () => {
    const given = state({ lock, queue: [queueEntry('one')] });

    expect(withEntry(given, queueEntry('one'))).toBe(given);
    expect(withEntry(given, queueEntry('held'))).toBe(given);
    expect(withEntry(given, queueEntry('two')).queue.map((each) => each.deploymentId)).toEqual(['one', 'two']);
  });

  test('of any queue exactly one may have the free lock, and all who wait wait for it', () => {
    const anyEntry = fc
      .record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), trigger: fc.constantFrom(...triggers) })
      .map(({ id, trigger }) => (trigger === 'upload' ? upload(id) : queueEntry(id, { trigger })));
    const anyQueue = fc.uniqueArray(anyEntry, { selector: (each) => each.deploymentId, minLength: 1 });
    fc.assert(
      fc.property(anyQueue, (queue) => {
        const newest = queue.findLast((each) => each.trigger === 'upload');
        const given = state({
          queue,
          newestUpload:
            newest === undefined ? null : { versionId: newest.versionId ?? '', deploymentId: newest.deploymentId },
        });
        const answers = queue.map((each) => ({ each, answer: ask(given, each) }));
        const acquired = answers.filter(({ answer }) => answer.kind === 'acquired');
        expect(acquired).toHaveLength(1);
        for (const { each, answer } of answers) {
          if (answer.kind === 'waiting') expect(answer.behind).toBe(acquired[0]?.each.deploymentId);
          if (answer.kind === 'superseded') expect(each.trigger).toBe('upload');
        }
      }),
    );
  });
});

test('a repair takes the lock over with a higher fence and counts', () => {
  const repaired = withRepair(state({ lock, fence: nowSeconds + 5 }), lock, 'arn:repair', nowSeconds);

  expect(repaired.fence).toBe(nowSeconds + 6);
  expect(repaired.lock).toMatchObject({
    deploymentId: 'held',
    executionArn: 'arn:repair',
    fence: nowSeconds + 6,
    purpose: 'repair',
    repairs: 1,
  });
});

test('a fence always grows, and never stays behind the clock', () => {
  expect(nextFence(0, 1_790_000_000)).toBe(1_790_000_000);
  expect(nextFence(1_790_000_000, 1_790_000_000)).toBe(1_790_000_001);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 4e9, noNaN: true }), (previous, now) => {
      const fence = nextFence(previous, now);
      expect(fence).toBeGreaterThan(previous);
      expect(fence).toBeGreaterThanOrEqual(Math.floor(now));
      expect(Number.isInteger(fence)).toBe(true);
    }),
  );
});
