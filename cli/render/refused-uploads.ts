import type { RefusedUploadView } from '../../core/views/refused-uploads-view.ts';
import { instantText } from './instant.ts';

/** The uploads that a freeze has refused: the newest with its command, then the older ones. Empty where there are none. */
export function refusedUploadLines(uploads: readonly RefusedUploadView[], isFrozen: boolean): readonly string[] {
  const [newest, ...older] = uploads;
  if (newest === undefined) {
    return [];
  }
  return [
    `refused while the target was frozen: ${uploadText(newest)}`,
    ...(older.length === 0
      ? []
      : [`refused too, older: ${older.map(uploadText).join('; ')}; the newest takes the place of all of them`]),
    `${isFrozen ? 'next, after rollgate unfreeze' : 'next'}: ${newest.next}`,
  ];
}

function uploadText({ versionId, uploadedAt, deploymentId }: RefusedUploadView): string {
  const when = uploadedAt === null ? '' : `uploaded ${instantText(uploadedAt)} UTC, `;
  return `version ${versionId} (${when}${deploymentId})`;
}
