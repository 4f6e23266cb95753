import { describe, expect, test } from 'vitest';
import { finding } from '../../../core/diagnosis/finding.ts';
import { whoseFault } from '../../../core/diagnosis/whose-fault.ts';
import { configuration } from '../../given/configuration.ts';

const refused = finding('upstream-refused', 'cart refuses connections', 'start cart');
const login = finding('amqp-auth-failed', 'rabbitmq refused user roboshop', 'change the password');
const name = 'v41';

/** The same configuration with one thing of one upstream changed. */
function withUpstream(upstream: string, change: object) {
  const upstreams = configuration.upstreams.map((each) => (each.name === upstream ? { ...each, ...change } : each));
  return { name, configuration: { ...configuration, upstreams } };
}

describe('a fault at an upstream', () => {
  test('is shared where the release before calls the same', () => {
    expect(whoseFault(refused, 'cart', configuration, { name, configuration })).toEqual({
      ...refused,
      meaning: 'cart refuses connections; v41 calls the same',
    });
  });

  test.each([
    ['another address', { host: '10.0.0.99' }, 'v41 calls it at 10.0.0.99:8080'],
    ['another port', { port: 9090 }, 'v41 calls it at 10.0.0.5:9090'],
  ])('is the release’s where the release before calls %s', (_, change, told) => {
    expect(whoseFault(refused, 'cart', configuration, withUpstream('cart', change))).toEqual({
      ...refused,
      kind: 'release',
      meaning: `cart refuses connections; ${told}`,
    });
  });

  test('is the release’s where the release before does not call it', () => {
    const upstreams = configuration.upstreams.filter((each) => each.name !== 'cart');

    expect(
      whoseFault(refused, 'cart', configuration, { name, configuration: { ...configuration, upstreams } }),
    ).toMatchObject({ kind: 'release', meaning: 'cart refuses connections; v41 calls no cart' });
  });

  test.each([
    ['virtual host', withUpstream('rabbitmq', { amqp: { ...configuration.upstreams.at(-1)?.amqp, vhost: 'shop' } })],
    [
      'user',
      { name, configuration: { ...configuration, environment: { ...configuration.environment, AMQP_USER: 'shop' } } },
    ],
    ['parameter', { name, configuration: { ...configuration, secrets: [] } }],
  ])('is the release’s where the release before logs in with another %s', (_, before) => {
    expect(whoseFault(login, 'rabbitmq', configuration, before)).toMatchObject({
      kind: 'release',
      meaning: 'rabbitmq refused user roboshop; v41 logs in otherwise',
    });
  });

  test('is taken for shared where there was no release before', () => {
    expect(whoseFault(refused, 'cart', configuration, undefined)).toEqual(refused);
  });

  test('stays what it is where nothing is shared about it', () => {
    const failed = finding('crash-loop', 'it died', 'mend it');

    expect(whoseFault(failed, 'cart', configuration, { name, configuration })).toEqual(failed);
  });
});
