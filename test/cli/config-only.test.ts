import { beforeEach, describe, expect, it } from 'vitest';
import { keys } from '../../ledger/keys.ts';
import { writeZip } from '../core/zip-writer.ts';
import { paymentYaml } from '../given/configuration.ts';
import { endings } from '../given/recorded-deployments.ts';
import { type FakeWorld, fakeWorld, givenDeployment } from './fake-world.ts';
import { givenConfig, givenStableArtifact, givenState } from './given-target.ts';

const zip = writeZip([
  { name: 'payment.ini', content: '[uwsgi]\n' },
  { name: 'requirements.txt', content: 'Flask\n' },
]);
const yaml = paymentYaml;
const changed = yaml
  .replace('CART_HOST: { tag: { Service: cart } }', 'CART_HOST: cart.shop.internal')
  .replace('# `version: 7` beside it', 'version: 7\n    # `version: 7` beside it')
  .replace('maxUnavailable: 1', 'maxUnavailable: 2');

let fake: FakeWorld;
beforeEach(async () => {
  fake = fakeWorld();
  givenState(fake.ledger, { stable: [2] });
  givenConfig(fake.ledger);
  await givenStableArtifact(fake, 2, zip);
  fake.files.set('new.yml', Buffer.from(changed));
  fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);
});

async function inForce(): Promise<string> {
  return JSON.parse((await fake.ledger.read(keys.serviceConfig('payment')))?.body ?? '{}').yaml;
}

describe('rollgate deploy --config-only', () => {
  it('says what is different, publishes the configuration and starts an execution for the stable artifact', async () => {
    const exitCode = await fake.run('deploy', '--config-only', '--config', 'new.yml', '--reason', 'cart moved');

    expect(exitCode).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ configOnly: true, reason: 'cart moved', by: 'alice' }]);
    expect(fake.uploads).toEqual([]);
    expect(await inForce()).toBe(changed);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/deploy-config-only.txt');
  });

  it('says where nothing is different that only secrets may be, and goes on: a password may have been rotated', async () => {
    expect(await fake.run('deploy', '--config-only', '--hosts', 'i-00000000000000001')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([
      { configOnly: true, hosts: ['i-00000000000000001'], by: 'alice' },
    ]);
    expect(fake.stdout.text().split('\n').slice(0, 3)).toEqual([
      'artifact    that of v2, which is stable; with the configuration services/payment.yml',
      'makes       no new release: artifact and configuration are those of v2',
      'changes     none, only secrets may differ: a host where one was rotated is restarted through its gate, the others are verified',
    ]);
  });

  it('says which earlier release it makes again', async () => {
    await givenStableArtifact(fake, 3, zip, changed);
    givenState(fake.ledger, { stable: [2, 3] });

    expect(await fake.run('deploy', '--config-only')).toBe(0);
    expect(fake.stdout.text()).toContain('makes       no new release: artifact and configuration are those of v2\n');
  });

  it('only plans with --dry-run', async () => {
    expect(await fake.run('deploy', '--config-only', '--config', 'new.yml', '--dry-run')).toBe(0);
    expect(fake.started).toEqual([]);
    expect(await inForce()).toBe(yaml);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/plan-config-only.txt');
  });

  it('plans as JSON, with what is different', async () => {
    expect(await fake.run('plan', '--config-only', '--config', 'new.yml', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({
      release: { from: 'v2', to: 'a new release' },
      source: 'the artifact of v2, which is stable',
      configOnly: {
        from: 'v2',
        to: 'a new release',
        file: 'new.yml',
        changes: [
          { path: 'environment.CART_HOST', before: '10.213.77.21', after: 'cart.shop.internal' },
          { path: 'secrets.AMQP_PASS.version', before: null, after: '7' },
          { path: 'upstreams.cart.host', before: '10.213.77.21', after: 'cart.shop.internal' },
          { path: 'upstreams.cart.source', before: 'tag Service=cart', after: 'literal' },
        ],
        policyChanges: [{ path: 'rollout.maxUnavailable', before: '1', after: '2' }],
      },
    });
  });
});

describe('rollgate deploy --config-only refuses, with exit code 2 and before anything is changed:', () => {
  it.each<[what: string, argv: readonly string[], prepare: () => void, message: string]>([
    [
      'before the first stable release',
      [],
      () => givenState(fake.ledger, {}),
      'error: configOnly: no release has succeeded on the whole target yet, so there is no artifact to take; deploy a zip first\nnext: rollgate deploy payment.zip\n',
    ],
    [
      'a configuration that the artifact does not fit',
      ['--config', 'other.yml'],
      () => fake.files.set('other.yml', Buffer.from(yaml.replace('- payment.ini', '- other.ini'))),
      'error: the artifact of v2 does not fit this configuration: the zip has no other.ini\nnext: correct other.yml, or deploy a zip that fits: rollgate deploy payment.zip\n',
    ],
    [
      'a copy of the artifact that was changed',
      [],
      () => fake.ledger.put(keys.zip('payment', 2), 'x'),
      'error: the copy of the artifact of v2 has another SHA-256 than its upload had\nnext: correct services/payment.yml, or deploy a zip that fits: rollgate deploy payment.zip\n',
    ],
    [
      'a zip',
      ['payment.zip'],
      () => {},
      'error: --config-only takes the artifact of the stable release; leave the zip out\nnext: rollgate deploy --config-only\n',
    ],
    [
      'a release',
      ['--release', 'v1'],
      () => {},
      'error: --config-only takes the artifact of the stable release; leave --release out\nnext: rollgate deploy --config-only\n',
    ],
  ])('%s', async (_what, argv, prepare, message) => {
    prepare();

    expect(await fake.run('deploy', '--config-only', ...argv)).toBe(2);
    expect(fake.stderr.text()).toBe(message);
    expect(fake.started).toEqual([]);
    expect(await inForce()).toBe(yaml);
  });

  it('a plan of a zip', async () => {
    expect(await fake.run('plan', 'payment.zip', '--config-only')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: --config-only takes the artifact of the stable release; leave the zip out\nnext: rollgate plan --config-only\n',
    );
  });
});
