import { randomBytes } from 'node:crypto';
import type { SigningKey } from './sigv4.ts';

/** Credentials of an instance's role, as instance metadata hands them out. */
export interface RoleCredentials extends SigningKey {
  readonly accessKeyId: string;
  readonly instanceId: string;
  readonly role: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** Hands out short-lived keys and knows whose they are; they live as long as the engine at most. */
export interface CredentialIssuer {
  /** The current ones, or new ones where less than five minutes are left, as EC2 does. */
  issue(instanceId: string, role: string): RoleCredentials;
  find(accessKeyId: string): RoleCredentials | undefined;
}

const renewalMilliseconds = 5 * 60 * 1_000;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function createCredentialIssuer(now: () => number, lifetimeSeconds: number): CredentialIssuer {
  const byKey = new Map<string, RoleCredentials>();
  const current = new Map<string, RoleCredentials>();
  return {
    issue(instanceId, role) {
      const known = current.get(instanceId);
      if (known !== undefined && known.role === role && known.expiresAt - now() > renewalMilliseconds) return known;
      for (const [accessKeyId, { expiresAt }] of byKey) {
        if (now() - expiresAt > lifetimeSeconds * 1_000) byKey.delete(accessKeyId);
      }
      const fresh: RoleCredentials = {
        accessKeyId: `ASIA${[...randomBytes(16)].map((byte) => base32[byte % base32.length]).join('')}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(240).toString('base64'),
        instanceId,
        role,
        issuedAt: now(),
        expiresAt: now() + lifetimeSeconds * 1_000,
      };
      byKey.set(fresh.accessKeyId, fresh);
      current.set(instanceId, fresh);
      return fresh;
    },
    find: (accessKeyId) => byKey.get(accessKeyId),
  };
}
