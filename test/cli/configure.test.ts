import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../ledger/keys.ts';
import { paymentYaml } from '../given/configuration.ts';
import { prodStage } from '../given/stages.ts';
import { type FakeWorld, fakeWorld } from './fake-world.ts';
import { givenConfig } from './given-target.ts';

const yaml = paymentYaml;
const changed = yaml
  .replace('maxUnavailable: 1', 'maxUnavailable: 2')
  .replace('CART_HOST: { tag: { Service: cart } }', 'CART_HOST: cart.shop.internal')
  .replace('  AMQP_USER: roboshop\n', '  AMQP_USER: roboshop\n  LOG_LEVEL: info\n')
  .replace('bakeSeconds: 0', 'bakeSeconds: 60');

let fake: FakeWorld;
beforeEach(() => {
  fake = fakeWorld({ stage: prodStage });
});

async function inForce(): Promise<unknown> {
  const object = await fake.ledger.read(keys.serviceConfig('payment'));
  return object === undefined ? undefined : JSON.parse(object.body);
}

describe('rollgate configure', () => {
  it('publishes the first configuration, with who did it', async () => {
    expect(await fake.run('configure')).toBe(0);
    expect(await inForce()).toMatchObject({ yaml, by: 'alice (unverified, see CloudTrail)' });
    expect(fake.stdout.text()).toMatchInlineSnapshot(`
      "service     payment on prod (account 123456789012, eu-west-1)
      from        services/payment.yml
      changes     no configuration was in force yet

      ✓ published; it counts for every upload and deployment from now on, and for no release that is there
      next: rollgate doctor
      "
    `);
  });

  it('shows every value that is another one', async () => {
    givenConfig(fake.ledger);
    fake.files.set('new.yml', Buffer.from(changed));

    expect(await fake.run('configure', '--config', 'new.yml')).toBe(0);
    expect(await inForce()).toMatchObject({ yaml: changed });
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/configure.txt');
  });

  it('changes nothing with --dry-run, and says how to do it', async () => {
    givenConfig(fake.ledger);
    fake.files.set('new.yml', Buffer.from(changed));

    expect(await fake.run('configure', '--config', 'new.yml', '--dry-run')).toBe(0);
    expect(await inForce()).toMatchObject({ yaml });
    expect(fake.stdout.text()).toContain('maxUnavailable');
    expect(fake.stdout.text()).toMatch(/\nNothing was changed\.\nnext: rollgate configure --config new\.yml\n$/);
  });

  it('changes nothing where the file is in force already', async () => {
    givenConfig(fake.ledger);
    const before = await inForce();

    expect(await fake.run('configure')).toBe(0);
    expect(await inForce()).toEqual(before);
    expect(fake.stdout.text()).toContain('nothing: this file is in force already\n\nNothing was changed.\n');
  });

  it('says where only comments are different', async () => {
    givenConfig(fake.ledger, `${yaml}# one more\n`);

    expect(await fake.run('configure')).toBe(0);
    expect(await inForce()).toMatchObject({ yaml });
    expect(fake.stdout.text()).toContain('comments and spelling only');
  });

  it('replaces a configuration that this version refuses', async () => {
    givenConfig(fake.ledger, 'service: payment\nold: true\n');

    expect(await fake.run('configure')).toBe(0);
    expect(await inForce()).toMatchObject({ yaml });
    expect(fake.stdout.text()).toContain('can not be read by this version of Rollgate');
  });

  it('says the same as JSON', async () => {
    givenConfig(fake.ledger);
    fake.files.set('new.yml', Buffer.from(yaml.replace('maxUnavailable: 1', 'maxUnavailable: 2')));

    expect(await fake.run('configure', '--config', 'new.yml', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toEqual({
      service: 'payment',
      stage: 'prod (account 123456789012, eu-west-1)',
      file: 'new.yml',
      kind: 'values',
      changes: [{ path: 'rollout.maxUnavailable', before: '1', after: '2' }],
      warnings: [],
      isPublished: true,
    });
  });

  it.each([
    ['a broken file', 'service: payment\nrolout: {}\n'],
    ['the file of another service', yaml.replace('service: payment', 'service: cart')],
  ])('refuses %s, and what is in force stays', async (what, text) => {
    givenConfig(fake.ledger, `${yaml}# before\n`);
    const before = await inForce();
    fake.files.set('new.yml', Buffer.from(text));

    expect(await fake.run('configure', '--config', 'new.yml')).toBe(2);
    expect(await inForce()).toEqual(before);
    await expect(fake.stderr.text()).toMatchFileSnapshot(`golden/refused-configure-${what.replaceAll(' ', '-')}.txt`);
  });
});
