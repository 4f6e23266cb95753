import { expect, test } from 'vitest';
import { definitionsOf, hashPassword } from '../../../local/upstreams/broker-definitions.ts';

test('a password is hashed as the example in RabbitMQ’s guide is', () => {
  const hash = hashPassword('test12', Buffer.from('908DC60A', 'hex'));

  expect(hash).toBe('kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR');
});

test('the definitions name users and their permissions on the virtual host, and no password', () => {
  const users = [
    { name: 'roboshop', password: 'test12', permissions: { configure: '.*', write: '.*', read: '.*' } },
    { name: 'observer', password: 'test13', permissions: { configure: '^$', write: '^$', read: '.*' } },
  ];

  const text = definitionsOf(users, '/', Buffer.from('908DC60A', 'hex'));

  expect(text).not.toMatch(/test1[23]/);
  expect(JSON.parse(text)).toEqual({
    users: [
      {
        name: 'roboshop',
        password_hash: 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: '',
      },
      {
        name: 'observer',
        password_hash: hashPassword('test13', Buffer.from('908DC60A', 'hex')),
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: '',
      },
    ],
    permissions: [
      { user: 'roboshop', vhost: '/', configure: '.*', write: '.*', read: '.*' },
      { user: 'observer', vhost: '/', configure: '^$', write: '^$', read: '.*' },
    ],
  });
});
