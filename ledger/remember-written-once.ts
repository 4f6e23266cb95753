import type { Ledger, LedgerObject } from '../clients/ports.ts';

/**
 * The same ledger, with what is written once and never changed read once: releases, and everything below a deployment.
 * For who looks at the same deployment again and again.
 */
export function rememberWrittenOnce(ledger: Ledger): Ledger {
  const known = new Map<string, LedgerObject>();
  return {
    async read(key) {
      const remembered = known.get(key);
      if (remembered !== undefined) {
        return remembered;
      }
      const object = await ledger.read(key);
      if (object !== undefined && isWrittenOnce(key)) {
        known.set(key, object);
      }
      return object;
    },
    create: (key, body) => ledger.create(key, body),
    replace: (key, body, etag) => ledger.replace(key, body, etag),
    put: (key, body) => ledger.put(key, body),
    remove: (key, etag) => ledger.remove(key, etag),
    list: (prefix) => ledger.list(prefix),
  };
}

function isWrittenOnce(key: string): boolean {
  return /^rollgate\/[^/]+\/(?:deployments|releases)\/.+\.json$/.test(key);
}
