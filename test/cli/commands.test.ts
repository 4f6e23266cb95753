import { describe, expect, it } from 'vitest';
import { type Convergence, emptyConvergence } from '../../core/model/convergence.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { deploymentIdOf } from '../../ledger/keys.ts';
import { writeZip } from '../core/zip-writer.ts';
import { lockOf, queueEntry } from '../given/lock.ts';
import { endings, goingOn, refused, superseded } from '../given/recorded-deployments.ts';
import { fakeWorld, givenDeployment } from './fake-world.ts';
import { givenReleases, givenState } from './given-target.ts';

const lock = lockOf('d-20261122-204500-aaaaaa');

describe('rollgate rollback', () => {
  it('starts an execution that goes back, and follows it', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2] });
    givenReleases(fake.ledger, 1, 2);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('rollback', '--reason', 'too slow')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ rollback: true, reason: 'too slow', by: 'alice' }]);
  });

  it('goes to the release that is named', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2], isRollback: true });
    givenReleases(fake.ledger, 1, 2);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('rollback', '--to', 'v1')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ rollback: true, release: 'v1', by: 'alice' }]);
  });

  it('of a frozen target is refused with the option that takes it, and starts nothing', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2], freeze: { by: 'bob', at: '2026-11-22T20:40:00.000Z', reason: 'sale' } });
    givenReleases(fake.ledger, 1, 2);

    expect(await fake.run('rollback', '--to', 'v1')).toBe(3);
    expect(fake.started).toEqual([]);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: the target is frozen by bob (sale); rollgate unfreeze ends that
      next: rollgate rollback --through-freeze --to v1
      "
    `);
  });

  it('of a frozen target goes through the freeze where that is asked for', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2], freeze: { by: 'bob', at: '2026-11-22T20:40:00.000Z', reason: 'sale' } });
    givenReleases(fake.ledger, 1, 2);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('rollback', '--through-freeze')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ rollback: true, throughFreeze: true, by: 'alice' }]);
  });

  it('through a freeze is shown as one, with who froze the target and why', async () => {
    const fake = fakeWorld();
    const { deploymentId, admitted, ...record } = endings.Succeeded;
    if (admitted === null) throw new Error('it was admitted');
    const throughFreeze = { by: 'bob', at: '2026-11-22T20:40:00.000Z', reason: 'sale' };
    const rollback = { ...admitted, isRollback: true, throughFreeze };
    givenDeployment(fake.ledger, { ...record, deploymentId, admitted: rollback });

    expect(await fake.run('status', deploymentId)).toBe(0);
    expect(fake.stdout.text()).toContain('rollback, by upload, through the freeze by bob (sale)');
  });

  it('is refused a second time, with the releases to choose from, and starts nothing', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2, 1], isRollback: true });

    expect(await fake.run('rollback')).toBe(2);
    expect(fake.started).toEqual([]);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: rollback: v1 was reached by a rollback already; name the release to go to, one of v1, v2: rollgate rollback --to v2
      next: rollgate releases
      "
    `);
  });

  it.each<[what: string, state: Partial<TargetState>]>([
    ['runs', { lock: { ...lock, isRollback: true } }],
    [
      'waits for its turn',
      {
        lock,
        queue: [queueEntry('d-20261122-204600-bbbbbb', { isRollback: true })],
      },
    ],
  ])('is refused while another %s, and says to watch that one', async (_, state) => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2], ...state });

    expect(await fake.run('rollback')).toBe(2);
    expect(fake.started).toEqual([]);
    expect(fake.stderr.text()).toContain('a rollback is under way already');
    expect(fake.stderr.text()).toMatch(/\nnext: rollgate status --watch\n$/);
    expect(fake.stderr.text()).not.toContain('--to');
  });

  it('says to look at the target where another was faster and admission refused this one', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1, 2] });
    givenReleases(fake.ledger, 1, 2);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, refused, deploymentId);

    expect(await fake.run('rollback')).toBe(2);
    expect(fake.stderr.text()).toMatch(/\nnext: rollgate status\n$/);
  });

  it('is refused where there is nothing to go back to', async () => {
    const fake = fakeWorld();

    expect(await fake.run('rollback')).toBe(2);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: rollback: no release has succeeded on the whole target yet, so there is none to go back to
      next: rollgate releases
      "
    `);
  });

  it('is refused for a release that is not there', async () => {
    const fake = fakeWorld();
    givenReleases(fake.ledger, 1, 2);

    expect(await fake.run('rollback', '--to', 'v7')).toBe(2);
    expect(fake.started).toEqual([]);
  });
});

describe('rollgate rerun', () => {
  it('asks for the upload of the last deployment once more', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-200000-aaaaaa');
    givenDeployment(fake.ledger, refused, 'd-20261122-203000-bbbbbb');
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('rerun')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ versionId: 'version-2', by: 'alice' }]);
  });

  it('asks for a named one', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Planned, 'd-20261122-200000-aaaaaa');
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-203000-bbbbbb');
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Planned, deploymentId);

    expect(await fake.run('rerun', 'd-20261122-200000-aaaaaa')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([
      { release: 'v2', dryRun: true, reason: 'what if', by: 'alice' },
    ]);
  });

  it('leaves dry runs out where none is named: what was only planned was not done', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-200000-aaaaaa');
    givenDeployment(fake.ledger, endings.Planned, 'd-20261122-203000-bbbbbb');
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);

    expect(await fake.run('rerun')).toBe(0);
    expect(fake.started.map((each) => each.input)).toEqual([{ versionId: 'version-2', by: 'alice' }]);
  });

  it('has nothing to run again where there were only dry runs', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Planned, 'd-20261122-203000-bbbbbb');

    expect(await fake.run('rerun')).toBe(2);
    expect(fake.started).toEqual([]);
    expect(fake.stderr.text()).toBe('error: there is no deployment to run again\nnext: rollgate deploy payment.zip\n');
  });

  it('refuses what there is not', async () => {
    const fake = fakeWorld();

    expect(await fake.run('rerun')).toBe(2);
    expect(await fake.run('rerun', 'd-20261122-200000-aaaaaa')).toBe(2);
    expect(fake.started).toEqual([]);
    expect(fake.stderr.text()).toMatchInlineSnapshot(`
      "error: there is no deployment to run again
      next: rollgate deploy payment.zip
      error: d-20261122-200000-aaaaaa: there is no such deployment, or it was refused before it was admitted
      next: rollgate history
      "
    `);
  });
});

describe('rollgate status', () => {
  it('shows the target and its last deployment', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1] });
    givenDeployment(fake.ledger, endings.RolledBack);
    fake.ledger.given('rollgate/payment/service.json', { yaml: yamlOf(fake) });

    expect(await fake.run('status')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/status.txt');
  });

  it('names the hosts that do not run the stable release yet, and what to type', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { stable: [1] });
    const since = '2026-11-22T20:45:00.000Z';
    const waiting = { since, offlineSince: null, starts: 0, failures: 0, retryAt: null, looks: 0 };
    const next = 'rollgate deploy --release v1 --hosts i-0000000000000d003';
    const convergence: Convergence = {
      ...emptyConvergence,
      waiting: {
        'i-0000000000000d001': { ...waiting, name: 'payment-4' },
        'i-0000000000000d002': { ...waiting, name: 'payment-5', offlineSince: since },
      },
      givenUp: { 'i-0000000000000d003': { name: 'payment-6', at: since, kind: 'failed', why: 'it crashed', next } },
      breaker: { openedAt: since, why: '3 tries in a row failed', next: 'rollgate deploy --release v1' },
    };
    fake.ledger.given('rollgate/payment/convergence.json', convergence);

    expect(await fake.run('status')).toBe(0);
    expect(fake.stdout.text()).toMatchInlineSnapshot(`
      "service     payment on local (embedded engine)
      stable      v1 since 2026-11-22 20:45:00 UTC
      not yet     payment-4 (i-0000000000000d001) is to get v1: waits for its turn
      not yet     payment-5 (i-0000000000000d002) is to get v1: waits until SSM has it
      given up    payment-6 (i-0000000000000d003) did not get v1: it crashed
                  next: rollgate deploy --release v1 --hosts i-0000000000000d003
      stopped     3 tries in a row failed
                  next: rollgate deploy --release v1

      no host carries the tags of this service

      no deployments yet
      "
    `);
  });

  it('says that there is nothing yet', async () => {
    const fake = fakeWorld();

    expect(await fake.run('status')).toBe(0);
    expect(fake.stdout.text()).toMatchInlineSnapshot(`
      "service     payment on local (embedded engine)
      stable      none yet

      no host carries the tags of this service

      no deployments yet
      "
    `);
  });

  it('follows what runs with --watch, and ends with its exit code', async () => {
    const fake = fakeWorld();
    const running = goingOn.inItsGate;
    givenDeployment(fake.ledger, running);
    givenState(fake.ledger, { lock: lockOf(running.deploymentId) });
    fake.at(2000, () => givenDeployment(fake.ledger, endings.FailedDirty));

    expect(await fake.run('status', '--watch')).toBe(6);
    expect(fake.stdout.text()).toContain('repair: rollgate deploy --release v1 --hosts i-00000000000000001');
  });

  it('refuses a deployment that there is not', async () => {
    const fake = fakeWorld();

    expect(await fake.run('status', 'd-20261122-200000-aaaaaa')).toBe(2);
    expect(fake.stderr.text()).toBe('error: there is no deployment d-20261122-200000-aaaaaa\nnext: rollgate history\n');
  });

  it('is the view itself as JSON', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.FailedDirty);

    await fake.run('status', endings.FailedDirty.deploymentId, '--json');

    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/status-FailedDirty.json');
  });
});

describe('an id that is none of a deployment', () => {
  it.each(
    ['status', 'rerun', 'halt', 'pause', 'resume', 'approve'].flatMap((command) =>
      ['../../x', 'd-1', 'v2', ''].map((id) => [command, id] as const),
    ),
  )('is refused by rollgate %s %j, and nothing is read', async (command, id) => {
    const fake = fakeWorld();

    expect(await fake.run(command, id)).toBe(2);
    expect(fake.started).toEqual([]);
    expect(fake.ledger.reads).toEqual([]);
    expect(fake.stderr.text()).toBe(
      `error: deployment: ${JSON.stringify(id)} is not the id of a deployment, such as d-20261122-204500-1a2b3c\nnext: rollgate history\n`,
    );
  });
});

describe('rollgate history and releases', () => {
  it('list deployments of every end, newest first', async () => {
    const fake = fakeWorld();
    const all = [...Object.values(endings), superseded, refused, goingOn.waiting];
    for (const [index, record] of all.entries()) {
      givenDeployment(fake.ledger, record, deploymentIdOf(`arn-${index}`, `2026-11-22T20:${10 + index}:00Z`));
    }
    givenState(fake.ledger, { stable: [1] });

    expect(await fake.run('history')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/history.txt');
  });

  it('list no more than the limit', async () => {
    const fake = fakeWorld();
    for (const minute of [10, 11, 12]) {
      givenDeployment(fake.ledger, endings.Succeeded, `d-20261122-20${minute}00-aaaaaa`);
    }

    await fake.run('history', '--limit', '2', '--json');

    const { deployments } = JSON.parse(fake.stdout.text()) as { deployments: { deploymentId: string }[] };
    expect(deployments.map((each) => each.deploymentId)).toEqual([
      'd-20261122-201200-aaaaaa',
      'd-20261122-201100-aaaaaa',
    ]);
  });

  it('say which release is stable, and which a rollback goes to', async () => {
    const fake = fakeWorld();
    givenReleases(fake.ledger, 1, 2, 3, 4);
    givenState(fake.ledger, { stable: [1, 2, 3] });

    expect(await fake.run('releases')).toBe(0);
    expect(fake.stdout.text()).toMatchInlineSnapshot(`
      "payment on local (embedded engine)

      release  standing    made (UTC)           size     sha256
      v4                   2026-11-22 20:45:04  16.4 kB  444444444444
      v3       ✓ stable    2026-11-22 20:45:03  12.3 kB  333333333333
      v2       previous    2026-11-22 20:45:02  8.2 kB   222222222222
      v1       was stable  2026-11-22 20:45:01  4.1 kB   111111111111
      "
    `);
  });
});

describe('rollgate plan', () => {
  it('shows the waves of the zip, and changes nothing', async () => {
    const fake = fakeWorld();
    const files = ['payment.ini', 'requirements.txt'].map((name) => ({ name, content: 'x' }));
    fake.files.set('payment.zip', writeZip(files));
    givenState(fake.ledger, { stable: [1] });

    expect(await fake.run('plan', 'payment.zip')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/plan.txt');
    expect(fake).toMatchObject({ uploads: [], started: [] });
  });

  it('says who approves until when, and how the alarms are', async () => {
    const fake = fakeWorld();
    const files = ['payment.ini', 'requirements.txt'].map((name) => ({ name, content: 'x' }));
    fake.files.set('payment.zip', writeZip(files));
    fake.files.set(
      'services/payment.yml',
      Buffer.from(
        yamlOf(fake)
          .replace('approval: none', 'approval: { when: before-staging, for: uploads, timeLimitSeconds: 7200 }')
          .replace('alarms: []', 'alarms: [five-hundreds, "{stage}-quiet", { name: slow, reportOnly: true }]'),
      ),
    );
    fake.alarms = [
      { name: 'five-hundreds', state: 'ALARM', reason: '40 errors' },
      { name: 'local-quiet', state: 'INSUFFICIENT_DATA', reason: '' },
      { name: 'slow', state: 'ALARM', reason: '' },
    ];

    expect(await fake.run('plan', 'payment.zip', '--json')).toBe(0);

    expect((JSON.parse(fake.stdout.text()) as { policy: readonly string[] }).policy).toEqual([
      'at most 1 host down at once',
      'the first failed host turns all of it back',
      'a person approves an upload before anything is sent to a host, within 2 h 0 min: rollgate approve',
      'five-hundreds is in ALARM: a deployment would end before it starts',
      'the alarm local-quiet turns it back (now INSUFFICIENT_DATA)',
      'the alarm slow is ALARM, and only reports',
    ]);
  });

  it('refuses an alarm that CloudWatch does not have', async () => {
    const fake = fakeWorld();
    const files = ['payment.ini', 'requirements.txt'].map((name) => ({ name, content: 'x' }));
    fake.files.set('payment.zip', writeZip(files));
    fake.files.set('services/payment.yml', Buffer.from(yamlOf(fake).replace('alarms: []', 'alarms: [gone]')));

    expect(await fake.run('plan', 'payment.zip')).toBe(2);

    expect(fake.stderr.text()).toBe(
      'error: rollout.alarms: CloudWatch has no alarm gone in this account and region; create it, or take it out\n' +
        'next: correct services/payment.yml or create the alarm, then: rollgate plan\n',
    );
  });

  it('needs a zip where nothing was uploaded', async () => {
    const fake = fakeWorld();

    expect(await fake.run('plan')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: nothing was uploaded to s3://roboshop-builds yet; name a zip to plan with\nnext: rollgate plan payment.zip\n',
    );
  });
});

function yamlOf(fake: ReturnType<typeof fakeWorld>): string {
  return new TextDecoder().decode(fake.files.get('services/payment.yml'));
}
