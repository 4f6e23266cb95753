import { expect, test } from 'vitest';
import { createTargetGroup, type ProbeAnswer } from '../../../local/balancer/target-group.ts';

const first = { instanceId: 'i-1', port: 8080 };
const second = { instanceId: 'i-2', port: 8080 };
const timeout: ProbeAnswer = { isOk: false, reason: 'Target.Timeout', description: 'Request timed out' };

function given() {
  let now = 0;
  const answers = new Map<string, ProbeAnswer>();
  const written: string[] = [];
  const group = createTargetGroup({
    now: () => now,
    probe: async ({ instanceId }) => answers.get(instanceId) ?? { isOk: true },
    drainMilliseconds: 30_000,
    registered: [first],
    onChange: (registered) => void written.push(registered.map(({ instanceId }) => instanceId).join(' ')),
  });
  function pass(milliseconds: number): void {
    now += milliseconds;
  }
  const states = () => group.targets().map(({ instanceId, state, reason }) => `${instanceId} ${state} ${reason}`);
  return { group, answers, written, states, pass };
}

test('a new target is healthy after one good answer, unhealthy after two bad ones, and well again after two good ones', async () => {
  const { group, answers, states } = given();
  const seen = [states()];

  for (const answer of [undefined, timeout, timeout, undefined, undefined] as const) {
    if (answer === undefined) answers.clear();
    else answers.set('i-1', answer);
    await group.check();
    seen.push(states());
  }

  expect(seen.flat()).toEqual([
    'i-1 initial Elb.InitialHealthChecking',
    'i-1 healthy null',
    'i-1 healthy null',
    'i-1 unhealthy Target.Timeout',
    'i-1 unhealthy Target.Timeout',
    'i-1 healthy null',
  ]);
});

test('a target that leaves gets no new request, and is gone with its last one or when its time is over', async () => {
  const { group, states, pass } = given();
  group.register(second);
  await group.check();
  const ended = group.opened(first);
  group.opened(second);

  group.deregister(first);
  group.deregister(second);
  const draining = states();
  ended();
  const afterLast = states();
  pass(30_000);

  expect(draining).toEqual([
    'i-1 draining Target.DeregistrationInProgress',
    'i-2 draining Target.DeregistrationInProgress',
  ]);
  expect(afterLast).toEqual(['i-2 draining Target.DeregistrationInProgress']);
  expect([states(), group.next()]).toEqual([[], undefined]);
});

test('requests go to healthy targets in turn, and to all of them where none is', async () => {
  const { group, answers } = given();
  group.register(second);
  answers.set('i-2', timeout);
  await group.check();
  await group.check();
  const whileOneIsWell = [1, 2, 3].map(() => group.next()?.instanceId);
  answers.set('i-1', timeout);
  await group.check();
  await group.check();

  const whileNoneIs = [1, 2].map(() => group.next()?.instanceId).toSorted();

  expect({ whileOneIsWell, whileNoneIs }).toEqual({
    whileOneIsWell: ['i-1', 'i-1', 'i-1'],
    whileNoneIs: ['i-1', 'i-2'],
  });
});

test('who is registered is told whenever it changes, so that it can outlive the engine', () => {
  const { group, written } = given();

  group.register(first);
  group.register(second);
  group.deregister(first);
  group.deregister(first);
  group.register(first);

  expect(written).toEqual(['i-1 i-2', 'i-2', 'i-1 i-2']);
});
