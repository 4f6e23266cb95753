import { describe, expect, it } from 'vitest';
import type { Host } from '../../clients/ports.ts';
import { keys } from '../../ledger/keys.ts';
import { writeZip } from '../core/zip-writer.ts';
import { endings, goingOn, refused, superseded } from '../given/recorded-deployments.ts';
import { type FakeWorld, fakeWorld, givenDeployment, shop } from './fake-world.ts';
import { givenConfig, givenReleases } from './given-target.ts';

const zip = writeZip([
  { name: 'payment.ini', content: '[uwsgi]\n' },
  { name: 'requirements.txt', content: 'Flask\n' },
  { name: 'payment.py', content: 'app = None\n' },
]);

function worldWithZip(options: Parameters<typeof fakeWorld>[0] = {}): FakeWorld {
  const fake = fakeWorld(options);
  fake.files.set('payment.zip', zip);
  return fake;
}

const withOffline = shop.map((host, index) => (index === 1 ? { ...host, ping: 'ConnectionLost' as const } : host));

const nothingChanged = { uploads: [], started: [] };

describe('rollgate deploy', () => {
  it('checks, publishes the configuration, uploads, and follows the deployment of the upload to its end', async () => {
    const fake = worldWithZip();
    fake.whenStarted = ({ deploymentId }) => {
      fake.at(500, () => givenDeployment(fake.ledger, goingOn.staging, deploymentId));
      fake.at(2000, () => givenDeployment(fake.ledger, endings.Succeeded, deploymentId));
    };

    const exitCode = await fake.run('deploy', 'payment.zip');

    expect(exitCode).toBe(0);
    expect(fake.uploads).toEqual([zip]);
    expect(fake.started.map((each) => each.input)).toEqual([{ upload: 'upload.1' }]);
    expect(await fake.ledger.read(keys.serviceConfig('payment'))).toBeDefined();
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/deploy-in-a-log.txt');
    expect(fake.stderr.text()).toBe('');
  });

  it.each([
    ['Succeeded', endings.Succeeded, 0],
    ['Planned', endings.Planned, 0],
    ['FailedClean', endings.FailedClean, 1],
    ['RolledBack', endings.RolledBack, 1],
    ['Degraded', endings.Degraded, 1],
    ['Superseded', superseded, 4],
    ['Halted', endings.Halted, 5],
    ['FailedDirty', endings.FailedDirty, 6],
  ])('ends with the exit code of %s', async (_name, record, expected) => {
    const fake = worldWithZip();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, record, deploymentId);

    expect(await fake.run('deploy', 'payment.zip')).toBe(expected);
  });

  it('says why admission refused it, with exit code 2', async () => {
    const fake = worldWithZip();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, refused, deploymentId);

    expect(await fake.run('deploy', 'payment.zip')).toBe(2);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: the zip has no payment.ini
      error: the zip has no requirements.txt
      next: rollgate plan
      "
    `);
  });

  it('draws the tree in place on a terminal, and leaves the end standing', async () => {
    const fake = worldWithZip({ isTerminal: true });
    fake.whenStarted = ({ deploymentId }) => {
      givenDeployment(fake.ledger, goingOn.staging, deploymentId);
      fake.at(1000, () => givenDeployment(fake.ledger, endings.RolledBack, deploymentId));
    };

    expect(await fake.run('deploy', 'payment.zip')).toBe(1);
    expect(fake.stdout.writes.length).toBeGreaterThan(5);
    expect(fake.stdout.writes.at(-1)).toContain('↺ RolledBack  No mess');
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const fake = worldWithZip();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.RolledBack, deploymentId);

    const exitCode = await fake.run('deploy', 'payment.zip', '--json');

    expect(exitCode).toBe(1);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({
      status: 'RolledBack',
      release: { from: 'v1', to: 'v2' },
      end: { mess: 'none', errorName: 'GateFailedError', reason: { code: 'gate-failed' } },
    });
  });

  it('stops following at Ctrl-C, and says how to look again', async () => {
    const fake = worldWithZip();
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, goingOn.staging, deploymentId);
    fake.at(3000, fake.interrupt);

    const exitCode = await fake.run('deploy', 'payment.zip');

    const id = fake.started[0]?.deploymentId;
    expect(exitCode).toBe(130);
    expect(fake.stderr.text()).toBe(`stopped following; the deployment goes on\nnext: rollgate status ${id} --watch\n`);
  });

  it('does not wait with --no-wait', async () => {
    const fake = worldWithZip();

    const exitCode = await fake.run('deploy', 'payment.zip', '--no-wait');

    const id = fake.started[0]?.deploymentId;
    expect(exitCode).toBe(0);
    expect(fake.stdout.text()).toContain(
      `started  ${id} of payment on local (embedded engine)\nnext: rollgate status ${id} --watch\n`,
    );
  });

  it('says what became of an execution that ended without an end of its deployment', async () => {
    const fake = worldWithZip();
    fake.whenStarted = ({ executionArn }) => {
      const execution = fake.executions.get(executionArn);
      if (execution !== undefined) {
        fake.executions.set(executionArn, {
          ...execution,
          status: 'FAILED',
          error: 'LockLostError',
          cause: 'held by d-2',
        });
      }
    };

    const exitCode = await fake.run('deploy', 'payment.zip');

    const id = fake.started[0]?.deploymentId;
    expect(exitCode).toBe(7);
    expect(fake.stderr.text()).toBe(
      `error: the execution of ${id} ended as FAILED and left no end: LockLostError: held by d-2\nnext: rollgate status\n`,
    );
  });

  it('starts an execution of a person for a release, with hosts and reason', async () => {
    const fake = fakeWorld();
    givenReleases(fake.ledger, 1, 2);
    givenConfig(fake.ledger);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    const host = 'i-00000000000000001';
    const exitCode = await fake.run('deploy', '--release', 'v2', '--hosts', host, '--reason', 'one first');

    expect(exitCode).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([
      { release: 'v2', hosts: [host], reason: 'one first', by: 'alice' },
    ]);
  });

  it('starts the upload that is named by its version id, with the configuration published as for the newest', async () => {
    const fake = fakeWorld();
    const { versionId } = await fake.ports.artifacts.upload(zip);
    await fake.ports.artifacts.upload(zip);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('deploy', '--version-id', versionId)).toBe(0);
    expect(fake.started.at(-1)?.input).toEqual({ versionId, by: 'alice' });
    expect(await fake.ledger.read(keys.serviceConfig('payment'))).toBeDefined();
  });

  it('starts a dry run of the newest upload with the configuration in force', async () => {
    const fake = fakeWorld();
    givenConfig(fake.ledger);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Planned, deploymentId);

    expect(await fake.run('deploy', '--dry-run')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ dryRun: true, by: 'alice' }]);
  });

  it('only plans a zip with --dry-run', async () => {
    const fake = worldWithZip();

    expect(await fake.run('deploy', 'payment.zip', '--dry-run')).toBe(0);
    expect(fake.stdout.text()).toContain('Nothing was changed.');
    expect(fake).toMatchObject(nothingChanged);
  });
});

describe('rollgate deploy refuses, with exit code 2 and before anything is changed:', () => {
  const payment = ['payment.ini', 'requirements.txt'].map((name) => ({ name, content: 'x' }));

  it.each<[what: string, argv: readonly string[], prepare: (fake: FakeWorld) => void]>([
    ['a file that is not there', ['deploy', 'other.zip'], () => {}],
    ['a zip that is cut off', ['deploy', 'bad.zip'], (fake) => fake.files.set('bad.zip', zip.subarray(0, 150))],
    ['what is no zip', ['deploy', 'bad.zip'], (fake) => fake.files.set('bad.zip', Buffer.from('hello'))],
    [
      'a path that leaves the folder',
      ['deploy', 'bad.zip'],
      (fake) => fake.files.set('bad.zip', writeZip([...payment, { name: '../etc/passwd', content: 'x' }])),
    ],
    [
      'an absolute path',
      ['deploy', 'bad.zip'],
      (fake) => fake.files.set('bad.zip', writeZip([...payment, { name: '/etc/passwd', content: 'x' }])),
    ],
    [
      'a link',
      ['deploy', 'bad.zip'],
      (fake) => fake.files.set('bad.zip', writeZip([...payment, { name: 'app', content: '/etc', mode: 0o120777 }])),
    ],
    [
      'a zip without its two files',
      ['deploy', 'bad.zip'],
      (fake) => fake.files.set('bad.zip', writeZip([{ name: 'payment.py', content: 'x' }])),
    ],
    [
      'a broken configuration',
      ['deploy', 'payment.zip', '--config', 'broken.yml'],
      (fake) => fake.files.set('broken.yml', Buffer.from('service: payment\nrolout: {}\n')),
    ],
    ['a configuration that is not there', ['deploy', 'payment.zip', '--config', 'none.yml'], () => {}],
    ['a release that is not there', ['deploy', '--release', 'v9'], (fake) => givenReleases(fake.ledger, 1, 2)],
    ['what names no release', ['deploy', '--release', 'latest'], () => {}],
    ['v0', ['deploy', '--release', 'v0'], () => {}],
    ['hosts that are not of the target', ['deploy', '--hosts', 'i-0000000000000000c'], () => {}],
    [
      'a dry run with another configuration than the one in force',
      ['deploy', '--dry-run', '--config', 'x.yml'],
      () => {},
    ],
    ['a zip and a release', ['deploy', 'payment.zip', '--release', 'v1'], () => {}],
    ['an upload that is not there', ['deploy', '--version-id', 'gone'], () => {}],
    ['a version id and a release', ['deploy', '--version-id', 'one', '--release', 'v1'], () => {}],
    ['a version id and a zip', ['deploy', 'payment.zip', '--version-id', 'one'], () => {}],
    [
      'a dry run of an earlier upload with another configuration',
      ['deploy', '--version-id', 'one', '--dry-run', '--config', 'x.yml'],
      () => {},
    ],
    ['a zip and hosts', ['deploy', 'payment.zip', '--hosts', 'i-00000000000000001'], () => {}],
    ['a zip and a reason', ['deploy', 'payment.zip', '--reason', 'because'], () => {}],
    ['a release and a configuration', ['deploy', '--release', 'v1', '--config', 'x.yml'], () => {}],
    ['an option that there is not', ['deploy', 'payment.zip', '--fast'], () => {}],
  ])('%s', async (what, argv, prepare) => {
    const fake = worldWithZip();
    prepare(fake);

    const exitCode = await fake.run(...argv);

    expect(exitCode).toBe(2);
    expect(fake).toMatchObject(nothingChanged);
    expect(await fake.ledger.read(keys.serviceConfig('payment'))).toBeUndefined();
    await expect(fake.stderr.text()).toMatchFileSnapshot(`golden/refused-${what.replaceAll(/\W+/g, '-')}.txt`);
  });

  it.each([
    ['no tagged host', shop.filter((host) => host.tags['Service'] !== 'payment')],
    ['a host offline', withOffline],
    ['an upstream without an instance', shop.filter((host) => host.name !== 'cart')],
  ])('%s', async (what, hosts) => {
    const fake = worldWithZip({ hosts });

    expect(await fake.run('deploy', 'payment.zip')).toBe(2);
    expect(fake).toMatchObject(nothingChanged);
    await expect(fake.stderr.text()).toMatchFileSnapshot(`golden/refused-${what.replaceAll(/\W+/g, '-')}.txt`);
  });

  it.each<[what: string, argv: readonly string[], hosts: readonly Host[]]>([
    ['a release for a host that is not of the target', ['--release', 'v1', '--hosts', 'i-0000000000000000c'], shop],
    ['a release for what is no host', ['--release', 'v1', '--hosts', 'i-unknown'], shop],
    ['a release while a host is offline', ['--release', 'v1'], withOffline],
    ['a dry run for a host that is not of the target', ['--dry-run', '--hosts', 'i-0000000000000000c'], shop],
  ])('%s', async (what, argv, hosts) => {
    const fake = worldWithZip({ hosts });
    givenReleases(fake.ledger, 1, 2);
    givenConfig(fake.ledger);

    expect(await fake.run('deploy', ...argv)).toBe(2);
    expect(fake).toMatchObject(nothingChanged);
    await expect(fake.stderr.text()).toMatchFileSnapshot(`golden/refused-${what.replaceAll(/\W+/g, '-')}.txt`);
  });

  it('a release where no configuration was published', async () => {
    const fake = fakeWorld();
    givenReleases(fake.ledger, 1, 2);

    expect(await fake.run('deploy', '--release', 'v1')).toBe(2);
    expect(fake).toMatchObject(nothingChanged);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: no configuration of payment was published yet; publish services/payment.yml with rollgate deploy
      next: rollgate deploy
      "
    `);
  });
});
