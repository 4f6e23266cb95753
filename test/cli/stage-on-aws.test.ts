import { afterEach, describe, expect, it, vi } from 'vitest';
import { awsVariables } from '../../cli/connect.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import { lockOf } from '../given/lock.ts';
import { endings, goingOn } from '../given/recorded-deployments.ts';
import { prodStage } from '../given/stages.ts';
import { type FakeWorld, fakeWorld, givenDeployment } from './fake-world.ts';
import { givenConfig, givenReleases, givenState } from './given-target.ts';

afterEach(() => vi.unstubAllEnvs());

function worldOfProd(): FakeWorld {
  const fake = fakeWorld({ stage: prodStage });
  givenState(fake.ledger, { stable: [1, 2] });
  givenReleases(fake.ledger, 1, 2);
  givenConfig(fake.ledger);
  return fake;
}

describe('the stage of a command', () => {
  it('is local, of payment, where nothing is said', async () => {
    const fake = worldOfProd();

    await fake.run('releases');

    expect(fake.asked).toMatchObject([{ stage: 'local', service: 'payment' }]);
    expect(fake.asked[0]).not.toHaveProperty('region');
    expect(fake.asked[0]).not.toHaveProperty('profile');
  });

  it('is what the options say', async () => {
    const fake = worldOfProd();

    await fake.run('releases', '--stage', 'prod', '--service', 'cart', '--region', 'eu-west-1', '--profile', 'shop');

    expect(fake.asked).toMatchObject([{ stage: 'prod', service: 'cart', region: 'eu-west-1', profile: 'shop' }]);
  });

  it('is what the environment says where no option does', async () => {
    const fake = worldOfProd();
    vi.stubEnv('ROLLGATE_STAGE', 'prod');
    vi.stubEnv('ROLLGATE_SERVICE', 'cart');
    vi.stubEnv('AWS_PROFILE', 'shop');

    await fake.run('releases');
    await fake.run('releases', '--stage', 'dev');

    expect(fake.asked).toMatchObject([
      { stage: 'prod', service: 'cart', profile: 'shop' },
      { stage: 'dev', service: 'cart', profile: 'shop' },
    ]);
  });

  it.each([
    [['--stage', 'Prod/x'], 'the name of a stage'],
    [['--service', '../payment'], 'the name of a service'],
    [['--region', 'ireland'], 'a region of AWS'],
  ])('is refused as %j before anything is asked', async (argv, what) => {
    const fake = worldOfProd();

    expect(await fake.run('status', ...argv)).toBe(2);
    expect(fake.asked).toEqual([]);
    expect(fake.stderr.text()).toContain(what);
  });
});

describe('on AWS', () => {
  it.each([['releases'], ['history'], ['status']])('rollgate %s names account and region', async (command) => {
    const fake = worldOfProd();

    expect(await fake.run(command, '--stage', 'prod')).toBe(0);
    expect(fake.stdout.text()).toContain('payment on prod (account 123456789012, eu-west-1)');
  });

  it('what is started, published and said names them too', async () => {
    const fake = worldOfProd();

    await fake.run('deploy', '--no-wait', '--stage', 'prod', '--profile', 'shop');
    const lock = lockOf('d-20261122-204500-aaaaaa');
    givenState(fake.ledger, { lock });
    givenDeployment(fake.ledger, goingOn.inItsGate, lock.deploymentId);
    await fake.run('halt', '--stage', 'prod');

    const id = fake.started[0]?.deploymentId;
    expect(fake.stdout.text()).toBe(
      [
        `started  ${id} of payment on prod (account 123456789012, eu-west-1)`,
        `next: rollgate status --stage prod --profile shop ${id} --watch`,
        `${lock.deploymentId} on prod (account 123456789012, eu-west-1) will halt: nothing waits for an install or a gate any more, a host that is being switched ends its step; rollgate status --stage prod --watch shows it`,
        '',
      ].join('\n'),
    );
  });

  it('the record says that nobody has checked who asks', async () => {
    const fake = worldOfProd();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    await fake.run('deploy', '--release', 'v2', '--stage', 'prod');
    await fake.run('rollback', '--stage', 'prod', '--profile', 'shop');

    expect(fake.started.map((each) => each.input)).toEqual([
      { release: 'v2', by: 'alice (unverified, see CloudTrail)' },
      { rollback: true, by: 'alice (profile shop, unverified, see CloudTrail)' },
    ]);
  });

  it('every command to type next names the stage as it was typed', async () => {
    const fake = worldOfProd();

    expect(await fake.run('deploy', '--release', 'v7', '--stage', 'prod', '--region', 'eu-west-1')).toBe(2);
    expect(fake.stderr.text()).toMatch(/\nnext: rollgate releases --stage prod --region eu-west-1\n$/);
  });

  it('an error while following says that the deployment goes on', async () => {
    const fake = worldOfProd();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, goingOn.staging, deploymentId);
    const { describe: ask } = fake.ports.executions;
    let asks = 0;
    Object.assign(fake.ports.executions, {
      async describe(executionArn: string) {
        asks += 1;
        if (asks > 1)
          throw Object.assign(new Error('The security token has expired'), { name: 'ExpiredTokenException' });
        return ask(executionArn);
      },
    });

    expect(await fake.run('deploy', '--release', 'v2', '--stage', 'prod', '--profile', 'shop')).toBe(2);
    const id = fake.started[0]?.deploymentId;
    expect(fake.stderr.text()).toBe(
      [
        `stopped following; the deployment goes on, and rollgate status --stage prod --profile shop ${id} --watch shows it`,
        'error: AWS does not take these credentials (ExpiredTokenException): The security token has expired',
        'next: aws sso login --profile shop, or where it uses no SSO: aws configure --profile shop',
        '',
      ].join('\n'),
    );
  });

  it('an upload has two minutes to start its execution, and is asked about once a second', async () => {
    const fake = worldOfProd();
    const begun = fake.ports.clock.now();
    let asks = 0;
    Object.assign(fake.ports.executions, {
      describe: async () => {
        asks += 1;
        return undefined;
      },
    });

    expect(await fake.run('deploy', '--release', 'v2', '--stage', 'prod')).toBe(1);
    expect(fake.ports.clock.now() - begun).toBe(120_000);
    expect(asks).toBe(121);
    expect(fake.stderr.text()).toContain('next: rollgate doctor --stage prod');
  });

  it('what may pass is said to be tried again', async () => {
    const fake = worldOfProd();
    Object.assign(fake.ledger, { read: () => Promise.reject(new TransientAwsError('Rate exceeded')) });

    expect(await fake.run('status', '--stage', 'prod')).toBe(1);
    expect(fake.stderr.text()).toContain('next: the same again in a minute');
  });
});

describe('the variables that the SDK reads', () => {
  it.each([
    [{}, {}, {}],
    [{ region: 'eu-west-1' }, { AWS_REGION: 'us-east-1' }, { AWS_REGION: 'eu-west-1' }],
    [{}, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'eu-west-1' }, { AWS_REGION: 'us-east-1' }],
    [{}, { AWS_DEFAULT_REGION: 'eu-west-1' }, { AWS_REGION: 'eu-west-1' }],
    [{}, { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' }, { AWS_REGION: 'eu-west-1' }],
    [{ profile: 'shop' }, { AWS_PROFILE: 'other' }, { AWS_PROFILE: 'shop' }],
    [{ profile: '' }, {}, {}],
  ])('for %j over %j are %j', (address, environment, variables) => {
    expect(awsVariables(address, environment)).toEqual(variables);
  });
});
