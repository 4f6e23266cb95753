import { expect, it } from 'vitest';
import { roomProblems } from '../../scripts/room-rules.ts';

const file = (path: string, target: string) => ({ path, imports: [target], text: '' });

it.each([
  ['core/model/statuses.ts', 'core/host/build-host-command.ts', 'core/model/ may import only core/model/'],
  ['core/release/a.ts', 'core/config/b.ts', 'core/release/ may import only core/release/, core/model/'],
  [
    'core/diagnosis/a.ts',
    'core/rollout/plan/b.ts',
    'core/diagnosis/ may import only core/diagnosis/, core/model/, core/network/, core/release/, core/host/, core/config/',
  ],
])('%s may not import %s', (path, target, sentence) => {
  expect(roomProblems(file(path, target))).toEqual([`${path}: imports ${target}; ${sentence}`]);
});

it.each([
  ['core/rollout/decide/a.ts', 'core/rollout/plan/b.ts'],
  ['core/rollout/decide/a.ts', 'core/diagnosis/b.ts'],
  ['core/drift/a.ts', 'core/views/b.ts'],
  ['core/model/a.ts', 'zod'],
  ['functions/lock/a.ts', 'core/lock/b.ts'],
])('%s may import %s', (path, target) => {
  expect(roomProblems(file(path, target))).toEqual([]);
});

it('a file of core/ lies in a room', () => {
  expect(roomProblems(file('core/stray.ts', 'zod'))).toEqual([
    'core/stray.ts: lies in no room of core/; the rooms are model, network, release, host, config, diagnosis, rollout, ' +
      'operator, lock, waiting, admission, balancer, converge, views, drift, doctor',
  ]);
});
