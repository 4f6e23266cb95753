import { describe, expect, it } from 'vitest';
import type { Lock } from '../../core/target-state.ts';
import { keys } from '../../ledger/keys.ts';
import { endings } from '../fakes/stories.ts';
import { fakeWorld, givenDeployment } from './fake-world.ts';
import { givenState } from './given-target.ts';

const running = 'd-20261122-203000-bbbbbb';
const lock: Lock = {
  deploymentId: running,
  executionArn: 'arn',
  fence: 1,
  acquiredAt: '2026-11-22T20:30:00.000Z',
  by: 'alice',
  purpose: 'rollout',
  repairs: 0,
  isRollback: false,
};

describe('halt, pause, resume and approve', () => {
  it.each(['halt', 'pause', 'resume', 'approve'] as const)('%s is said to the running deployment', async (verb) => {
    const fake = fakeWorld();
    givenState(fake.ledger, { lock });

    expect(await fake.run(verb, '--reason', 'a look')).toBe(0);
    const said = await fake.ledger.read(keys.control('payment', verb, running));
    expect(JSON.parse(said?.body ?? '')).toMatchObject({ by: 'alice', reason: 'a look' });
  });

  it('halt --keep leaves the hosts as they are, and says the same as JSON', async () => {
    const fake = fakeWorld();
    givenState(fake.ledger, { lock });

    expect(await fake.run('halt', '--keep', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({ deploymentId: running, verb: 'halt', isKept: true });
  });

  it('is refused where nothing runs, and writes nothing', async () => {
    const fake = fakeWorld();

    expect(await fake.run('pause')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: no deployment is running, so there is nothing to pause\nnext: rollgate history\n',
    );
    expect(await fake.ledger.list('rollgate/payment/control/')).toEqual([]);
  });

  it('is refused for a deployment that has ended', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-200000-aaaaaa');

    expect(await fake.run('halt', 'd-20261122-200000-aaaaaa')).toBe(2);
    expect(fake.stderr.text()).toContain('d-20261122-200000-aaaaaa has ended: Succeeded');
  });
});
