import type { RefusedUpload, TargetState, UploadedVersion, UploadMark } from '../model/target-state.ts';

/**
 * Which of two versions of the artifact came later. The bucket's own list decides where it holds both; else the time of
 * the upload, which S3 gives in whole seconds; else the one that the bucket still holds.
 *
 * | in the list | uploaded      | one is    |
 * |-------------|---------------|-----------|
 * | both        | whenever      | as listed |
 * | not both    | one later     | `newer`   |
 * | not both    | one earlier   | `older`   |
 * | one         | same or never | `newer`   |
 * | other       | same or never | `older`   |
 * | none        | same or never | `unknown` |
 *
 * (never: a state of an earlier Rollgate does not say when.)
 */
export function compareUploads(
  one: UploadedVersion,
  other: UploadedVersion,
  newestFirst: readonly string[],
): 'newer' | 'older' | 'same' | 'unknown' {
  if (one.versionId === other.versionId) {
    return 'same';
  }
  const [place, otherPlace] = [newestFirst.indexOf(one.versionId), newestFirst.indexOf(other.versionId)];
  if (place !== -1 && otherPlace !== -1) {
    return place < otherPlace ? 'newer' : 'older';
  }
  const later = Date.parse(one.uploadedAt ?? '') - Date.parse(other.uploadedAt ?? '');
  if (later > 0 || later < 0) {
    return later > 0 ? 'newer' : 'older';
  }
  if (place === otherPlace) {
    return 'unknown';
  }
  return place !== -1 ? 'newer' : 'older';
}

/**
 * The state after this version was asked for. The mark never moves back: an older version leaves it where it is. Uploads
 * that a freeze has refused are forgotten once a version that is as new goes to the whole target.
 */
export function withUpload(state: TargetState, asked: UploadMark, newestFirst: readonly string[]): TargetState {
  const { newestUpload: mark, refusedUploads } = state;
  const marked = mark === null || movesMark(asked, mark, newestFirst) ? { ...state, newestUpload: asked } : state;
  if (refusedUploads === undefined || asked.isPartial === true) {
    return marked;
  }
  const left = refusedUploads.filter((each) => compareUploads(each, asked, newestFirst) === 'newer');
  return left.length === refusedUploads.length ? marked : { ...marked, refusedUploads: left };
}

/** Refused uploads that are kept: a person deploys the newest, so the oldest are forgotten first. */
const maxRefusedUploads = 20;

/**
 * The state after a freeze has refused this upload; the same object where it is on record, or where something as new was
 * deployed before.
 */
export function withRefusedUpload(
  state: TargetState,
  refused: RefusedUpload,
  newestFirst: readonly string[],
): TargetState {
  const { newestUpload: mark, refusedUploads: known = [] } = state;
  const isOver = mark !== null && mark.deploymentId !== refused.deploymentId && !movesMark(refused, mark, newestFirst);
  if (isOver || known.some((each) => each.versionId === refused.versionId)) {
    return state;
  }
  const newer = known.filter((each) => compareUploads(each, refused, newestFirst) === 'newer');
  const others = known.filter((each) => !newer.includes(each));
  return { ...state, refusedUploads: [...newer, refused, ...others].slice(0, maxRefusedUploads) };
}

function movesMark(asked: UploadMark, mark: UploadMark, newestFirst: readonly string[]): boolean {
  const order = compareUploads(asked, mark, newestFirst);
  // The whole target comes after the named hosts that had this version first.
  const widens = order === 'same' && mark.isPartial === true && asked.isPartial !== true;
  return widens || order === 'newer' || order === 'unknown';
}

/** A newer version took the place of this one, or a person has asked for this very one on the whole target. */
export function isSupersededBy(mark: UploadMark | null, versionId: string | null): mark is UploadMark {
  const isAskedByPerson = mark?.by !== undefined && mark.isPartial !== true;
  return mark !== null && (mark.versionId !== versionId || isAskedByPerson);
}

/** What took the place of an upload that waited. */
export type Superseder =
  | { readonly kind: 'upload'; readonly versionId: string }
  /** A person has asked for a newer version, or for the very one that was uploaded (`isSame`). */
  | {
      readonly kind: 'person';
      readonly by: string;
      readonly deploymentId: string;
      readonly versionId: string;
      readonly isSame: boolean;
    }
  | { readonly kind: 'rollback'; readonly deploymentId: string };

/** Whose deployment took the place of the upload of this version. */
export function supersederOf({ by, deploymentId, versionId }: UploadMark, uploaded: string | null): Superseder {
  return by === undefined
    ? { kind: 'upload', versionId }
    : { kind: 'person', by, deploymentId, versionId, isSame: versionId === uploaded };
}
