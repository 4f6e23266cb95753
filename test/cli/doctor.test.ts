import { describe, expect, it } from 'vitest';
import type { StageInspection } from '../../clients/stage-inspection.ts';
import type { InspectedStage } from '../../core/doctor/facts.ts';
import { goodStage, seen } from '../core/doctor/given-facts.ts';
import { lockOf } from '../given/lock.ts';
import { prodStage } from '../given/stages.ts';
import { fakeWorld, shop } from './fake-world.ts';
import { givenConfig, givenState } from './given-target.ts';

interface Asked {
  readonly instanceIds: readonly string[];
  readonly parameters: readonly string[];
}

function inspectionOf(stage: InspectedStage): StageInspection & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    async inspect(wanted) {
      asked.push(wanted);
      return stage;
    },
  };
}

const willing = shop.map((host) => ({ ...host, tags: { ...host.tags, 'rollgate:payment': 'prod' } }));

describe('rollgate doctor', () => {
  it('finds all well, asks for the hosts of the target and the secrets of the configuration, and exits with 0', async () => {
    const inspection = inspectionOf(goodStage);
    const fake = fakeWorld({ stage: prodStage, hosts: willing, inspection });
    givenConfig(fake.ledger);

    expect(await fake.run('doctor', '--stage', 'prod')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/doctor-well.txt');
    expect(inspection.asked).toEqual([
      {
        instanceIds: ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'],
        parameters: ['/payment/prod/AMQP_PASS'],
      },
    ]);
  });

  it('says below each thing that is missing what to type, for this stage and profile, and exits with 1', async () => {
    const inspection = inspectionOf({ ...goodStage, parameters: seen({}), version: '0.0.9' });
    const fake = fakeWorld({ stage: prodStage, inspection });

    expect(await fake.run('doctor', '--stage', 'prod', '--profile', 'shop')).toBe(1);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/doctor-before-configure.txt');

    givenConfig(fake.ledger, 'service: payment\n');
    expect(await fake.run('doctor', '--stage', 'prod')).toBe(1);
    expect(fake.stdout.text()).toContain('refuses the one in force');

    givenConfig(fake.ledger);
    expect(await fake.run('doctor', '--stage', 'prod', '--profile', 'shop')).toBe(1);
    expect(fake.stdout.text()).toContain(
      "aws --profile shop ec2 create-tags --resources i-00000000000000001 i-00000000000000002 i-00000000000000003 --tags 'Key=rollgate:payment,Value=prod'",
    );
    expect(fake.stdout.text()).toContain('npx osls deploy --aws-profile shop --stage prod --region eu-west-1');
  });

  it('says the same as JSON', async () => {
    const fake = fakeWorld({ stage: prodStage, inspection: inspectionOf(goodStage) });

    expect(await fake.run('doctor', '--stage', 'prod', '--json')).toBe(1);
    const report = JSON.parse(fake.stdout.text());
    expect(report).toMatchObject({
      service: 'payment',
      stage: 'prod (account 123456789012, eu-west-1)',
      isWell: false,
    });
    expect(report.checks).toContainEqual({
      verdict: 'failed',
      about: 'configuration',
      says: 'none is in force, so no upload can be deployed',
      fix: ['rollgate configure --stage prod'],
    });
  });

  it('looks at the embedded engine as far as it has the same parts', async () => {
    const hosts = shop.map((host) => ({ ...host, tags: { ...host.tags, 'rollgate:payment': 'local' } }));
    const fake = fakeWorld({ hosts });
    givenConfig(fake.ledger);

    expect(await fake.run('doctor')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/doctor-local.txt');
  });

  it('asks whether the holder of the lock is alive', async () => {
    const fake = fakeWorld({ stage: prodStage, hosts: willing, inspection: inspectionOf(goodStage) });
    givenConfig(fake.ledger);
    givenState(fake.ledger, { lock: lockOf('d-20261122-204500-aaaaaa', { executionArn: 'arn' }) });
    fake.executions.set('arn', {
      executionArn: 'arn',
      name: 'x',
      status: 'TIMED_OUT',
      startedAt: '2026-11-22T20:45:00Z',
      input: '{}',
    });

    expect(await fake.run('doctor', '--stage', 'prod')).toBe(0);
    expect(fake.stdout.text()).toContain('holds the lock, but its execution is TIMED_OUT');
  });

  it('exits with 2 where there is nobody to ask', async () => {
    const fake = fakeWorld();
    const nobody = Object.assign(new Error('no engine is running here'), {
      name: 'NoEngineError',
      nextStep: 'npm start',
    });
    Object.assign(fake.world, { connect: () => Promise.reject(nobody) });

    expect(await fake.run('doctor')).toBe(2);
    expect(fake.stderr.text()).toBe('error: no engine is running here\nnext: npm start\n');
  });
});
