import { expect, it } from 'vitest';
import { followDeployment } from '../../cli/follow-deployment.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import type { DeploymentView } from '../../core/views/deployment-view.ts';
import { lockOf } from '../given/lock.ts';
import { endings, goingOn } from '../given/recorded-deployments.ts';
import { prodStage } from '../given/stages.ts';
import { fakeWorld, givenDeployment } from './fake-world.ts';
import { givenState } from './given-target.ts';

function recordingProgress() {
  const views: DeploymentView[] = [];
  return { views, show: (view: DeploymentView) => void views.push(view), finish: () => {} };
}

/** Follows it on the fake world, as `rollgate deploy` does. */
function follow(fake: ReturnType<typeof fakeWorld>, deploymentId: string, progress = recordingProgress()) {
  return followDeployment(fake.world, fake.ports, { deploymentId, executionArn: 'arn' }, progress);
}

it('shows the newest state again and again, until there is an end', async () => {
  const fake = fakeWorld();
  const { deploymentId } = goingOn.staging;
  givenDeployment(fake.ledger, goingOn.staging);
  fake.at(2000, () => givenDeployment(fake.ledger, goingOn.inItsGate));
  fake.at(4000, () => givenDeployment(fake.ledger, endings.Succeeded));
  const progress = recordingProgress();

  const end = await follow(fake, deploymentId, progress);

  expect(end.kind).toBe('ended');
  expect([...new Set(progress.views.map((view) => view.status))]).toEqual(['Staging', 'RollingOut', 'Succeeded']);
});

it('waits until the lock of a deployment that has ended is free: only then is its release stable', async () => {
  const fake = fakeWorld();
  const { deploymentId } = endings.Succeeded;
  givenDeployment(fake.ledger, endings.Succeeded);
  givenState(fake.ledger, { lock: lockOf(deploymentId) });
  let isFree = false;
  fake.at(3000, () => {
    isFree = true;
    givenState(fake.ledger, { lock: null });
  });

  const end = await follow(fake, deploymentId);

  expect(end).toMatchObject({ kind: 'ended', view: { status: 'Succeeded' } });
  expect(isFree).toBe(true);
});

it('says after 15 s how a deployment has ended whose lock nobody frees', async () => {
  const fake = fakeWorld();
  const { deploymentId } = endings.Succeeded;
  givenDeployment(fake.ledger, endings.Succeeded);
  givenState(fake.ledger, { lock: lockOf(deploymentId) });
  const begun = fake.ports.clock.now();

  const end = await follow(fake, deploymentId);

  expect(end).toMatchObject({ kind: 'ended', view: { status: 'Succeeded' } });
  expect(fake.ports.clock.now() - begun).toBeGreaterThanOrEqual(15_000);
});

it('reads what is written once only once', async () => {
  const fake = fakeWorld();
  const { deploymentId } = goingOn.staging;
  givenDeployment(fake.ledger, goingOn.staging);
  fake.at(5000, () => givenDeployment(fake.ledger, endings.Succeeded));

  await follow(fake, deploymentId);

  const reads = Map.groupBy(fake.ledger.reads, (key) => key);
  expect(reads.get(`rollgate/payment/deployments/${deploymentId}/plan.json`)).toHaveLength(1);
  expect(reads.get('rollgate/payment/state.json')?.length).toBeGreaterThan(10);
});

it('goes on while a repair holds the lock of an execution that was lost', async () => {
  const fake = fakeWorld();
  const { deploymentId } = goingOn.repairing;
  givenDeployment(fake.ledger, goingOn.repairing);
  fake.executions.set('arn', {
    executionArn: 'arn',
    name: 'x',
    status: 'ABORTED',
    startedAt: '2026-11-22T20:45:00Z',
    input: '{}',
  });
  givenState(fake.ledger, {
    lock: lockOf(deploymentId, {
      executionArn: 'arn-of-repair',
      fence: 2,
      by: 'repair',
      purpose: 'repair',
      repairs: 1,
    }),
  });
  fake.at(60_000, () => givenDeployment(fake.ledger, endings.RolledBack));

  const end = await follow(fake, deploymentId);

  expect(end).toMatchObject({ kind: 'ended', view: { status: 'RolledBack' } });
});

it('gives an execution that ended without an end of its deployment 15 s for a repair to come', async () => {
  const fake = fakeWorld();
  const { deploymentId } = goingOn.staging;
  givenDeployment(fake.ledger, goingOn.staging);
  const begun = fake.ports.clock.now();
  fake.executions.set('arn', {
    executionArn: 'arn',
    name: 'x',
    status: 'ABORTED',
    startedAt: '2026-11-22T20:45:00Z',
    input: '{}',
  });

  const end = await follow(fake, deploymentId);

  expect(end.kind).toBe('lost');
  expect(fake.ports.clock.now() - begun).toBeGreaterThanOrEqual(15_000);
});

it('looks at a deployment on AWS every 2 s, and every 10 s where nothing has changed for a minute', async () => {
  const fake = fakeWorld({ stage: prodStage });
  const { deploymentId } = goingOn.awaitingApproval;
  givenDeployment(fake.ledger, goingOn.awaitingApproval);
  const looks: number[] = [];
  const begun = fake.ports.clock.now();
  const executions = {
    ...fake.ports.executions,
    describe: async () => void looks.push(fake.ports.clock.now() - begun),
  };
  fake.at(120_000, fake.interrupt);

  const target = { deploymentId, executionArn: 'arn' };
  await followDeployment(fake.world, { ...fake.ports, executions }, target, recordingProgress());

  const within = (from: number, to: number) => looks.filter((at) => at >= from && at < to).length;
  expect(within(0, 60_000)).toBeGreaterThanOrEqual(28);
  expect(within(0, 60_000)).toBeLessThanOrEqual(30);
  expect(within(62_000, 120_000)).toBeLessThanOrEqual(6);
  expect(within(62_000, 120_000)).toBeGreaterThanOrEqual(5);
});

it('follows on where AWS throttles for a while', async () => {
  const fake = fakeWorld({ stage: prodStage });
  const { deploymentId } = goingOn.staging;
  givenDeployment(fake.ledger, goingOn.staging);
  fake.at(50_000, () => givenDeployment(fake.ledger, endings.Succeeded));
  const begun = fake.ports.clock.now();
  const executions = {
    ...fake.ports.executions,
    async describe() {
      if (fake.ports.clock.now() - begun < 45_000) throw new TransientAwsError('Rate exceeded');
      return undefined;
    },
  };

  const target = { deploymentId, executionArn: 'arn' };
  const end = await followDeployment(fake.world, { ...fake.ports, executions }, target, recordingProgress());

  expect(end.kind).toBe('ended');
});

it.each([
  ['a throttling that lasts for a minute', new TransientAwsError('Rate exceeded'), 60_000],
  ['what no waiting helps against, at once', Object.assign(new Error('no'), { name: 'ExpiredTokenException' }), 0],
])('gives up at %s, and leaves the last view standing', async (_, error, milliseconds) => {
  const fake = fakeWorld({ stage: prodStage });
  const { deploymentId } = goingOn.staging;
  givenDeployment(fake.ledger, goingOn.staging);
  const begun = fake.ports.clock.now();
  let looks = 0;
  const executions = {
    ...fake.ports.executions,
    async describe() {
      looks += 1;
      if (looks > 1) throw error;
      return undefined;
    },
  };
  const finished: unknown[] = [];
  const progress = {
    ...recordingProgress(),
    finish: (view: DeploymentView | null) => void finished.push(view?.status),
  };

  const target = { deploymentId, executionArn: 'arn' };
  await expect(followDeployment(fake.world, { ...fake.ports, executions }, target, progress)).rejects.toBe(error);

  expect(finished).toEqual(['Staging']);
  expect(fake.ports.clock.now() - begun).toBeGreaterThanOrEqual(milliseconds);
  expect(fake.ports.clock.now() - begun).toBeLessThan(milliseconds + 10_000);
});
