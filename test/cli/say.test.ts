import { describe, expect, it } from 'vitest';
import type { OperatorRequest } from '../../core/model/operator-requests.ts';
import { keys } from '../../ledger/keys.ts';
import { readControl, readRecord } from '../../ledger/operator/requests.ts';
import { lockOf } from '../given/lock.ts';
import { endings, goingOn } from '../given/recorded-deployments.ts';
import { type FakeWorld, fakeWorld, givenDeployment } from './fake-world.ts';
import { givenState } from './given-target.ts';

const id = goingOn.inItsGate.deploymentId;

function givenRunning(record: Parameters<typeof givenDeployment>[1] = goingOn.inItsGate): FakeWorld {
  const fake = fakeWorld();
  givenState(fake.ledger, { lock: lockOf(record.deploymentId) });
  givenDeployment(fake.ledger, record);
  return fake;
}

function givenSaid(fake: FakeWorld, { verb, ...word }: OperatorRequest): void {
  fake.ledger.given(keys.control('payment', verb, id, word), word);
}

const word = { by: 'bob', at: '2026-11-22T20:45:20.000Z', reason: 'a look' };

describe('halt, pause, resume and approve', () => {
  it.each([
    ['halt', goingOn.inItsGate],
    ['pause', goingOn.inItsGate],
    ['approve', goingOn.awaitingApproval],
  ] as const)('%s is said to the running deployment', async (verb, record) => {
    const fake = givenRunning(record);

    expect(await fake.run(verb, '--reason', 'a look')).toBe(0);
    expect(await readControl(fake.ports, verb, id)).toMatchObject({ by: 'alice', reason: 'a look' });
  });

  it('resume ends a pause', async () => {
    const fake = givenRunning();
    givenSaid(fake, { verb: 'pause', ...word });

    expect(await fake.run('resume')).toBe(0);
    expect(fake.stdout.text()).toBe(`${id} on local (embedded engine) goes on; rollgate status --watch shows it\n`);
  });

  it('halt --keep leaves the hosts as they are, and says the same as JSON', async () => {
    const fake = givenRunning();

    expect(await fake.run('halt', '--keep', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({ deploymentId: id, verb: 'halt', isKept: true });
  });

  it('every word stays, and a later one comes after what it answers, whatever the clocks say', async () => {
    const fake = givenRunning();
    const ahead = '2026-11-22T21:00:00.000Z';
    givenSaid(fake, { verb: 'pause', by: 'bob', at: ahead, reason: '' });

    await fake.run('resume');
    await fake.run('pause', '--reason', 'again');

    expect((await readRecord(fake.ports, id)).map(({ verb, at }) => `${verb} ${at}`)).toEqual([
      'pause 2026-11-22T21:00:00.000Z',
      'resume 2026-11-22T21:00:00.001Z',
      'pause 2026-11-22T21:00:00.002Z',
    ]);
  });

  it.each([
    ['pause', { verb: 'pause', ...word }, `${id} is paused already, by bob: a look`, 'rollgate resume'],
    ['approve', { verb: 'approve', ...word }, `${id} is approved already, by bob: a look`, 'rollgate status --watch'],
    ['halt', { verb: 'halt', ...word }, `${id} is halted already, by bob: a look`, 'rollgate status --watch'],
    ['pause', { verb: 'halt', ...word }, `${id} is being ended: halted by bob: a look`, 'rollgate status --watch'],
    ['approve', { verb: 'halt', ...word }, `${id} is being ended: halted by bob: a look`, 'rollgate status --watch'],
  ] as const)('%s is refused after %j, and says what to type', async (verb, said, why, next) => {
    const fake = givenRunning();
    givenSaid(fake, said);

    expect(await fake.run(verb)).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
    expect(await readRecord(fake.ports, id)).toHaveLength(1);
  });

  it('halt may still be changed into halt --keep', async () => {
    const fake = givenRunning();
    givenSaid(fake, { verb: 'halt', ...word });

    expect(await fake.run('halt', '--keep')).toBe(0);
    expect(await readControl(fake.ports, 'halt', id)).toMatchObject({ by: 'alice', isKept: true });
  });

  it.each([
    [goingOn.inItsGate, `${id} is not paused`, 'rollgate status --watch'],
    [goingOn.awaitingApproval, `${id} is not paused, it waits for approval`, 'rollgate approve'],
  ] as const)('resume is refused where nothing is paused, and says what to type', async (record, why, next) => {
    const fake = givenRunning(record);

    expect(await fake.run('resume')).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
  });

  it('is refused where nothing runs, and writes nothing', async () => {
    const fake = fakeWorld();

    expect(await fake.run('pause')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: no deployment is running, so there is nothing to pause\nnext: rollgate history\n',
    );
    expect(await fake.ledger.list('rollgate/payment/control/')).toEqual([]);
  });

  it('is refused for a deployment that has ended, and for one that there is not', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-200000-aaaaaa');

    expect(await fake.run('halt', 'd-20261122-200000-aaaaaa')).toBe(2);
    expect(await fake.run('halt', 'd-20261122-200000-bbbbbb')).toBe(2);
    expect(fake.stderr.text()).toBe(
      [
        'error: d-20261122-200000-aaaaaa has ended: Succeeded\nnext: rollgate history\n',
        'error: there is no deployment d-20261122-200000-bbbbbb\nnext: rollgate history\n',
      ].join(''),
    );
  });
});

it('who said what, when and why stands in status, explain and history', async () => {
  const fake = givenRunning();
  givenSaid(fake, { verb: 'halt', ...word, by: 'bob (unverified, see CloudTrail)' });
  const said = 'halt, by bob (unverified, see CloudTrail): a look';

  await fake.run('status', id);
  await fake.run('explain', id);
  await fake.run('history');

  const lines = fake.stdout.text().split('\n');
  expect(lines.filter((line) => line.includes(said)).map((line) => line.trim())).toEqual([
    `said        20:45:20 UTC: ${said}`,
    `20:45:20 UTC: ${said}`,
    `${id}  2026-11-22 20:45:20  ${said}`,
  ]);
});
