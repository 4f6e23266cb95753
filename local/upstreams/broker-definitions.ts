import { createHash } from 'node:crypto';

/** Who may do what on the virtual host, as regular expressions over names. */
export interface BrokerPermissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface BrokerUser {
  readonly name: string;
  readonly password: string;
  readonly permissions: BrokerPermissions;
}

/**
 * RabbitMQ's own form of a password, as in the guide "Credentials and Passwords": the salt and then
 * SHA-256(salt + password), in base64. `salt` is 4 bytes.
 */
export function hashPassword(password: string, salt: Uint8Array): string {
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return Buffer.concat([salt, digest]).toString('base64');
}

/** A definitions file for `rabbitmqctl import_definitions`: no password in it, and users that are there already are changed. */
export function definitionsOf(users: readonly BrokerUser[], vhost: string, salt: Uint8Array): string {
  return JSON.stringify({
    users: users.map((user) => ({
      name: user.name,
      password_hash: hashPassword(user.password, salt),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: '',
    })),
    permissions: users.map((user) => ({ user: user.name, vhost, ...user.permissions })),
  });
}
