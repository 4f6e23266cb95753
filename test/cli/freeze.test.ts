import { describe, expect, it } from 'vitest';
import type { TargetState } from '../../core/model/target-state.ts';
import { withFreeze } from '../../core/operator/freeze.ts';
import { keys, wholeTarget } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readControl, readRecords } from '../../ledger/operator/requests.ts';
import { lockOf } from '../given/lock.ts';
import { type FakeWorld, fakeWorld } from './fake-world.ts';
import { givenState } from './given-target.ts';

const frozen = { by: 'bob', at: '2026-11-22T20:40:00.000Z', reason: 'sale' };

/** The event of a word is handled so many milliseconds after the command began; never where nothing is said. */
function givenTarget(facts: Partial<TargetState>, eventAfter?: number): FakeWorld {
  const fake = fakeWorld();
  givenState(fake.ledger, facts);
  if (eventAfter !== undefined) fake.at(eventAfter, () => void applyWords(fake));
  return fake;
}

async function applyWords({ ports, ledger }: FakeWorld): Promise<void> {
  const [freeze, unfreeze] = await Promise.all([
    readControl(ports, 'freeze', wholeTarget),
    readControl(ports, 'unfreeze', wholeTarget),
  ]);
  ledger.given(keys.state('payment'), withFreeze(await readState(ports), { freeze, unfreeze }));
}

describe('freeze', () => {
  it('returns when it is in force, and says what runs on and how to stop it', async () => {
    const fake = givenTarget({ lock: lockOf('d-20261122-204500-1a2b3c') }, 500);

    expect(await fake.run('freeze', '--reason', 'sale')).toBe(0);
    expect((await readState(fake.ports)).freeze).toMatchObject({ by: 'alice', reason: 'sale' });
    expect(fake.stdout.text()).toBe(
      [
        'payment on local (embedded engine) is frozen: nothing is deployed until rollgate unfreeze',
        'd-20261122-204500-1a2b3c runs on: rollgate pause or rollgate halt stops it',
        '',
      ].join('\n'),
    );
  });

  it('says that it waits, and at last that the word stands and the sweep does it, where the event is lost', async () => {
    const fake = givenTarget({});

    expect(await fake.run('freeze', '--reason', 'sale')).toBe(1);
    expect(fake.stderr.text()).toBe(
      [
        'waits until freeze is in force',
        'error: freeze is said and stands in the record, but it is not in force yet: its event has not come, and the sweep does it within five minutes',
        'next: rollgate status',
        '',
      ].join('\n'),
    );
    expect((await readRecords(fake.ports, [])).get(wholeTarget)).toMatchObject([{ verb: 'freeze', reason: 'sale' }]);
  });

  it.each([[[]], [['--reason', ' ']]])('needs a reason: %j is refused, and nothing is asked', async (words) => {
    const fake = givenTarget({});

    expect(await fake.run('freeze', ...words)).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: freeze: say why; it is what everybody reads whose deployment is refused\nnext: rollgate freeze --reason "…"\n',
    );
    expect(fake.asked).toEqual([]);
  });

  it('of a frozen target names who froze it, when and why', async () => {
    const fake = givenTarget({ freeze: frozen });

    expect(await fake.run('freeze', '--reason', 'me too')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: the target is frozen already, by bob since 2026-11-22 20:40:00 UTC: sale\nnext: rollgate unfreeze\n',
    );
  });
});

describe('unfreeze', () => {
  it('comes after the freeze that it ends, whatever the clocks say', async () => {
    const fake = givenTarget({ freeze: { ...frozen, at: '2026-11-22T23:00:00.000Z' } }, 200);
    const word = { ...frozen, at: '2026-11-22T23:00:00.000Z' };
    fake.ledger.given(keys.control('payment', 'freeze', wholeTarget, word), word);

    expect(await fake.run('unfreeze')).toBe(0);
    expect(await readState(fake.ports)).toMatchObject({ freeze: null });
    expect(fake.stdout.text()).toBe(
      'payment on local (embedded engine) takes deployments again; it was frozen by bob: sale\n',
    );
  });

  it('of a target that is not frozen is refused, and says what to type', async () => {
    const fake = givenTarget({});

    expect(await fake.run('unfreeze')).toBe(2);
    expect(fake.stderr.text()).toBe('error: the target is not frozen\nnext: rollgate freeze --reason "…"\n');
  });
});

it('who froze and unfroze the target stands in the history, and a freeze that stands in the status', async () => {
  const fake = givenTarget({ freeze: frozen });
  fake.ledger.given(keys.control('payment', 'freeze', wholeTarget, frozen), frozen);

  await fake.run('history');
  await fake.run('status');

  expect(fake.stdout.text()).toContain('by bob since 2026-11-22 20:40:00 UTC: sale; rollgate unfreeze ends it');
});

describe('uploads that were refused while the target was frozen', () => {
  const three = { versionId: 'v.three', uploadedAt: '2026-11-22T20:43:00.000Z', deploymentId: 'd-3', at: 'later' };
  const two = { versionId: 'v.two', uploadedAt: '2026-11-22T20:42:00.000Z', deploymentId: 'd-2', at: 'then' };
  const named = 'refused while the target was frozen: version v.three (uploaded 2026-11-22 20:43:00 UTC, d-3)';
  const views = [
    {
      versionId: 'v.three',
      uploadedAt: three.uploadedAt,
      refusedAt: 'later',
      deploymentId: 'd-3',
      next: 'rollgate deploy --version-id v.three',
    },
    {
      versionId: 'v.two',
      uploadedAt: two.uploadedAt,
      refusedAt: 'then',
      deploymentId: 'd-2',
      next: 'rollgate deploy --version-id v.two',
    },
  ];

  it('are named by unfreeze, the newest with the command that deploys it', async () => {
    const fake = givenTarget({ freeze: frozen, refusedUploads: [three, two] }, 200);

    expect(await fake.run('unfreeze')).toBe(0);
    expect(fake.stdout.text().split('\n').slice(1)).toEqual([
      named,
      'refused too, older: version v.two (uploaded 2026-11-22 20:42:00 UTC, d-2); the newest takes the place of all of them',
      'next: rollgate deploy --version-id v.three',
      '',
    ]);
  });

  it('are named by status, also while the freeze stands, with the stage that was typed', async () => {
    const fake = givenTarget({ freeze: frozen, refusedUploads: [three] });

    expect(await fake.run('status', '--stage', 'prod')).toBe(0);
    expect(fake.stdout.text()).toContain(`uploads     ${named}\n`);
    expect(fake.stdout.text()).toContain(
      'next, after rollgate unfreeze --stage prod: rollgate deploy --stage prod --version-id v.three\n',
    );
  });

  it('stand in the JSON of both, each with its command', async () => {
    const fake = givenTarget({ freeze: frozen, refusedUploads: [three, two] }, 200);

    expect(await fake.run('unfreeze', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({ verb: 'unfreeze', refusedUploads: views });

    const later = givenTarget({ refusedUploads: [three, two] });
    expect(await later.run('status', '--json')).toBe(0);
    expect(JSON.parse(later.stdout.text())).toMatchObject({ target: { frozen: null, refusedUploads: views } });
  });

  it('are none in the JSON of a state that an earlier Rollgate wrote', async () => {
    const fake = givenTarget({});

    await fake.run('status', '--json');
    expect(JSON.parse(fake.stdout.text())).toMatchObject({ target: { refusedUploads: [] } });
  });
});
