import { beforeEach, describe, expect, it } from 'vitest';
import { emptyConvergence } from '../../core/model/convergence.ts';
import type { HostInspection } from '../../core/model/host-inspection.ts';
import { keys } from '../../ledger/keys.ts';
import { instant } from '../given/deployment.ts';
import { hostInspection } from '../given/host-reports.ts';
import { lockOf } from '../given/lock.ts';
import { prodStage } from '../given/stages.ts';
import { type FakeWorld, fakeWorld, shop } from './fake-world.ts';
import { givenConfig, givenState } from './given-target.ts';

const [one, two, three] = ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'] as const;
const running = 'v2-aaaaaaaaaaaa';

let fake: FakeWorld;
beforeEach(() => {
  fake = givenShop();
  for (const id of [one, two, three]) answers(id);
});

function givenShop(options: Parameters<typeof fakeWorld>[0] = {}): FakeWorld {
  const world = fakeWorld(options);
  givenConfig(world.ledger);
  givenState(world.ledger, { stable: [1, 2] });
  return world;
}

function answers(instanceId: string, change: Partial<HostInspection> = {}): void {
  const stdout = `${JSON.stringify(hostInspection(running, change))}\n`;
  fake.answers.set(instanceId, { kind: 'answered', invocation: { stdout } });
}

describe('rollgate drift', () => {
  it('asks every host by the document that only looks, and finds nothing', async () => {
    expect(await fake.run('drift')).toBe(0);
    expect(fake.sent.map(({ instanceId, document, parameters }) => [instanceId, document, parameters])).toEqual(
      [one, two, three].map((id) => [id, 'inspect', { service: 'payment', region: 'eu-west-1' }]),
    );
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/drift-none.txt');
  });

  it('names what differs on each host, what puts it right and what that does, with exit code 1', async () => {
    answers(one, {
      findings: [
        { kind: 'unit-changed', what: 'RestartSec' },
        { kind: 'code-changed', what: 'version.py' },
        { kind: 'code-changed', what: 'shop.py' },
        { kind: 'secret-rotated', what: 'AMQP_PASS: version 1 was read, version 2 is the newest' },
        { kind: 'drop-in', what: '/etc/systemd/system/payment.service.d/nice.conf' },
        { kind: 'not-recorded', what: 'the files of the virtualenv' },
      ],
      more: { 'code-changed': 7 },
    });
    answers(two, { running: 'v1-aaaaaaaaaaaa' });
    fake.answers.set(three, {
      kind: 'answered',
      invocation: { status: 'Failed', statusDetails: 'Failed', stderr: 'no bash\nexit status 127' },
    });

    expect(await fake.run('drift')).toBe(1);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/drift-found.txt');
    expect(fake.started).toEqual([]);
  });

  it('is the same as one JSON document', async () => {
    answers(one, { running: 'v0' });

    expect(await fake.run('drift', '--hosts', one, '--json')).toBe(1);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({
      service: 'payment',
      stable: 'v2',
      running: null,
      hosts: [{ instanceId: one, verdict: 'drifted', runs: 'v0 (from before Rollgate)', shouldRun: 'v2' }],
      counts: { 'as-recorded': 0, drifted: 1, changing: 0, silent: 0 },
    });
  });

  it('names hosts that could not be asked or did not answer, with exit code 2', async () => {
    const hosts = shop.map((host) =>
      host.instanceId === one
        ? { ...host, ping: 'ConnectionLost' as const }
        : host.instanceId === two
          ? { ...host, state: 'stopped' as const }
          : host,
    );
    fake = givenShop({ hosts });
    fake.answers.set(three, { kind: 'refused', why: 'denied', reason: 'the host must carry the tag' });

    expect(await fake.run('drift')).toBe(2);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/drift-silent.txt');
  });

  it('gives up a host that takes the command and never answers', async () => {
    fake.answers.delete(two);

    expect(await fake.run('drift', '--json')).toBe(2);
    expect(JSON.parse(fake.stdout.text()).hosts[1]).toMatchObject({
      verdict: 'silent',
      notes: ['no answer within 180 s'],
    });
  });

  it('works while a deployment runs, and says which', async () => {
    givenState(fake.ledger, { stable: [1, 2], lock: lockOf('d-20261122-204500-aaaaaa', { by: 'bob' }) });
    answers(one, { running: 'v3-aaaaaaaaaaaa', atWork: 'verify' });

    expect(await fake.run('drift')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/drift-while-deploying.txt');
  });

  it('says which release a deployment to one host left there', async () => {
    fake.ledger.given(keys.convergence('payment'), {
      ...emptyConvergence,
      seen: { [two]: { running: 'v1-aaaaaaaaaaaa', isRight: true, deploymentId: 'd-later', at: instant(500) } },
    });
    answers(two, { running: 'v1-aaaaaaaaaaaa' });

    expect(await fake.run('drift')).toBe(0);
    expect(fake.stdout.text()).toContain('v1 was left here by d-later; v2 is stable');
  });

  it('stops asking at Ctrl-C, and leaves nothing behind', async () => {
    fake.answers.delete(two);
    fake.at(3000, fake.interrupt);

    expect(await fake.run('drift')).toBe(130);
    expect(fake.stderr.text()).toBe('stopped asking; nothing was changed\nnext: rollgate drift\n');
    expect(fake.started).toEqual([]);
  });

  it('draws one line in place on a terminal', async () => {
    fake = givenShop({ isTerminal: true });
    for (const id of [one, two, three]) answers(id);

    expect(await fake.run('drift')).toBe(0);
    expect(fake.stdout.text()).toContain('asking the hosts: 3 of 3 have answered');
  });

  it('says to whom the next command belongs: the stage of the person', async () => {
    fake = givenShop({ stage: prodStage });
    for (const id of [one, two, three]) answers(id, { running: 'none' });

    expect(await fake.run('drift', '--stage', 'prod', '--hosts', one)).toBe(1);
    expect(fake.stdout.text()).toContain(`next: rollgate deploy --stage prod --release v2 --hosts ${one}\n`);
  });

  it.each([
    [
      'hosts that are not of the target',
      ['--hosts', 'i-0000000000000000c'],
      'error: hosts: i-0000000000000000c does not carry the tags Service=payment; the target is i-00000000000000001 (payment-1), i-00000000000000002 (payment-2), i-00000000000000003 (payment-3)\nnext: rollgate status\n',
    ],
    ['no ids', ['--hosts', ','], expect.stringContaining('Give instance ids separated by commas.')],
  ])('refuses %s, with exit code 2, and asks nobody', async (_what, argv, message) => {
    expect(await fake.run('drift', ...argv)).toBe(2);
    expect(fake.stderr.text()).toEqual(message);
    expect(fake.sent).toEqual([]);
  });
});
