import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareUploads, withRefusedUpload, withUpload } from '../../../core/lock/upload-order.ts';
import { emptyTargetState, type TargetState, type UploadMark } from '../../../core/model/target-state.ts';
import { documentedRows } from '../documented-rows.ts';

const early = '2026-11-22T20:45:00.000Z';
const late = '2026-11-22T20:46:00.000Z';

describe('which of two uploads came later', () => {
  const rows = documentedRows('core/lock/upload-order.ts', 'compareUploads');
  const lists: Readonly<Record<string, readonly string[]>> = {
    both: ['two', 'one'],
    'not both': ['one'],
    one: ['one'],
    other: ['two'],
    none: [],
  };
  const times: Readonly<Record<string, readonly (readonly [string | undefined, string | undefined])[]>> = {
    whenever: [
      [late, early],
      [undefined, late],
    ],
    'one later': [[late, early]],
    'one earlier': [[early, late]],
    'same or never': [
      [early, early],
      [early, undefined],
      [undefined, early],
      [undefined, undefined],
    ],
  };

  test('has worked examples', () => {
    expect(rows).toHaveLength(6);
  });

  test.each(rows)('in the list: %s, uploaded: %s: one is %s', (listed = '', uploaded = '', expected = '') => {
    for (const [at, otherAt] of times[uploaded] ?? []) {
      const one = { versionId: 'one', ...(at === undefined ? {} : { uploadedAt: at }) };
      const other = { versionId: 'two', ...(otherAt === undefined ? {} : { uploadedAt: otherAt }) };
      const answer = compareUploads(one, other, lists[listed] ?? []);

      expect(answer).toBe(expected === 'as listed' ? 'older' : expected.replaceAll('`', ''));
    }
    expect(times[uploaded]).toBeDefined();
    expect(lists[listed]).toBeDefined();
  });

  test('is the same question from both sides, and a version is as new as itself', () => {
    const version = fc.record({
      versionId: fc.constantFrom('a', 'b', 'c'),
      uploadedAt: fc.constantFrom(early, late),
    });
    const turned = { newer: 'older', older: 'newer', same: 'same', unknown: 'unknown' } as const;
    fc.assert(
      fc.property(version, version, fc.shuffledSubarray(['a', 'b', 'c']), (one, other, list) => {
        expect(compareUploads(other, one, list)).toBe(turned[compareUploads(one, other, list)]);
      }),
    );
  });
});

describe('the mark of the newest upload', () => {
  function marked(newestUpload: UploadMark | null): TargetState {
    return { ...emptyTargetState('payment'), newestUpload };
  }

  const one: UploadMark = { versionId: 'one', deploymentId: 'd-1', uploadedAt: early };
  const two: UploadMark = { versionId: 'two', deploymentId: 'd-2', uploadedAt: late, by: 'anna' };

  test('is the first version that is asked for, and then every newer one', () => {
    expect(withUpload(marked(null), one, ['one']).newestUpload).toBe(one);
    expect(withUpload(marked(one), two, ['two', 'one']).newestUpload).toBe(two);
  });

  test('stays where it is for an older version and for the same', () => {
    const state = marked(two);

    expect(withUpload(state, one, ['two', 'one'])).toBe(state);
    expect(withUpload(state, one, [])).toBe(state);
    expect(withUpload(state, { ...two, deploymentId: 'd-3' }, ['two', 'one'])).toBe(state);
  });

  test('of an earlier Rollgate has no time, and counts as older where its version is gone', () => {
    const state = marked({ versionId: 'gone', deploymentId: 'd-0' });

    expect(withUpload(state, one, ['one']).newestUpload).toBe(one);
    expect(withUpload(state, one, []).newestUpload).toBe(one);
  });

  test('goes from named hosts to the whole target with the same version, and not back', () => {
    const partial = { ...two, isPartial: true } as const;
    const whole = { ...two, deploymentId: 'd-3' };

    expect(withUpload(marked(partial), whole, ['two']).newestUpload).toBe(whole);
    expect(withUpload(marked(whole), partial, ['two']).newestUpload).toBe(whole);
  });
});

describe('an upload that a freeze has refused', () => {
  const order = ['four', 'three', 'two', 'one'];
  const refused = (versionId: string) => ({ versionId, deploymentId: `d-${versionId}`, at: late });
  const refuse = (state: TargetState, ...versions: readonly string[]) =>
    versions.reduce((before, version) => withRefusedUpload(before, refused(version), order), state);
  const left = ({ refusedUploads }: TargetState) => refusedUploads?.map((each) => each.versionId);
  const empty = emptyTargetState('payment');

  test('stands once, newest first, in whatever order they are refused', () => {
    const state = refuse(empty, 'two', 'four', 'three');

    expect(left(state)).toEqual(['four', 'three', 'two']);
    expect(refuse(state, 'three')).toBe(state);
  });

  test('does not stand where something as new was asked for, unless that is its own deployment', () => {
    const state = { ...empty, newestUpload: { versionId: 'three', deploymentId: 'd-three' } };

    expect(left(refuse(state, 'two', 'three', 'four'))).toEqual(['four', 'three']);
    expect(
      left(refuse({ ...state, newestUpload: { versionId: 'three', deploymentId: 'd', by: 'anna' } }, 'three')),
    ).toBe(undefined);
  });

  test('is forgotten once a version that is as new goes to the whole target', () => {
    const state = refuse(empty, 'two', 'three', 'four');
    const three = { versionId: 'three', deploymentId: 'd', by: 'anna' };

    expect(left(withUpload(state, { ...three, isPartial: true }, order))).toEqual(['four', 'three', 'two']);
    expect(left(withUpload(state, three, order))).toEqual(['four']);
  });

  test('is one of twenty at most: the oldest is forgotten first', () => {
    const many = Array.from({ length: 25 }, (_, index) => `upload.${25 - index}`);
    const state = many.reduce((before, version) => withRefusedUpload(before, refused(version), many), empty);

    expect(left(state)).toEqual(many.slice(0, 20));
  });
});
