import type { Ports } from '../../clients/ports.ts';
import { readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';

/** The number of the release that has this content already; undefined where deploying it would make a new one. */
export async function findReleaseByContent(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  contentSha256: string,
): Promise<number | undefined> {
  const index = await readJson<{ readonly number: number }>(
    ports.ledger,
    keys.content(ports.stage.service, contentSha256),
  );
  return index?.number;
}
