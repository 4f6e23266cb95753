import { describe, expect, test } from 'vitest';
import { findConverging, findTarget } from '../../ledger/find-target.ts';
import { localStage } from '../given/stages.ts';
import { configOf, hostOf, inventoryOf, problemsOf } from './given-inventory.ts';

const config = configOf('stage-in-tags-and-secrets');
const skipping = { ...config, rollout: { ...config.rollout, offlineHosts: 'skip' as const } };
const ofAnotherStage = hostOf('x', { tags: { Service: 'payment', Stage: 'prod' } });
const [a, b, c] = [hostOf('a'), hostOf('b'), hostOf('c')];
const offline = hostOf('d', { ping: 'ConnectionLost' });

const planned = (...hosts: readonly ReturnType<typeof hostOf>[]) =>
  hosts.map(({ instanceId, name, zone, privateAddress, isSimulated }) => ({
    instanceId,
    name,
    zone,
    privateAddress,
    isSimulated,
  }));

describe('the target of a deployment', () => {
  test('is every host of the service on this stage', async () => {
    const ports = {
      stage: localStage,
      inventory: inventoryOf(a, ofAnotherStage, b, hostOf('cart', { tags: { Service: 'cart' } })),
    };

    expect(await findTarget(ports, config, undefined)).toEqual({
      hosts: planned(a, b),
      skipped: [],
      isWholeTarget: true,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 0,
      targetHosts: 2,
      lastSeenDown: [],
    });
  });

  test('is the named hosts where a person named some', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, b, c) };

    expect(await findTarget(ports, config, ['i-b'])).toEqual({
      hosts: planned(b),
      skipped: [],
      isWholeTarget: false,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 2,
      targetHosts: 3,
      lastSeenDown: [],
    });
  });

  test('is refused where a host is offline and the configuration says fail', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, offline) };

    expect(await problemsOf(findTarget(ports, config, undefined))).toEqual([
      "target: d (i-d) can't be reached: its SSM agent is offline (ConnectionLost); " +
        'bring it back, remove its tags, or set rollout.offlineHosts to skip',
    ]);
  });

  test('leaves out a host that is offline where the configuration says fail and the request is a rollback', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, offline) };

    expect(await findTarget(ports, config, undefined, { isRollback: true })).toEqual(
      await findTarget(ports, skipping, undefined),
    );
  });

  test('leaves out a host that is offline where the configuration says skip', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, offline) };

    expect(await findTarget(ports, skipping, undefined)).toEqual({
      hosts: planned(a),
      skipped: planned(offline),
      isWholeTarget: true,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 0,
      targetHosts: 2,
      lastSeenDown: [],
    });
  });
});

describe('the hosts to converge', () => {
  test('are those that are named and there, and never the whole target', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, b) };

    expect(await findConverging(ports, config, ['i-a', 'i-b'])).toEqual({
      hosts: planned(a, b),
      skipped: [],
      isWholeTarget: false,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 0,
      targetHosts: 2,
      lastSeenDown: [],
    });
  });

  test('do not wait for one that is gone, or offline, whatever the configuration says', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, b, offline) };

    expect(await findConverging(ports, config, ['i-a', 'i-gone', 'i-d'])).toEqual({
      hosts: planned(a),
      skipped: planned(offline),
      isWholeTarget: false,
      ...{
        downElsewhere: 1,
        downElsewhereNames: ['d (offline)'],
        servingElsewhere: 1,
        targetHosts: 3,
        lastSeenDown: [],
      },
    });
  });

  test('are refused where none of them is there any more', async () => {
    const ports = { stage: localStage, inventory: inventoryOf(a, ofAnotherStage) };

    expect(await problemsOf(findConverging(ports, config, ['i-gone', 'i-x']))).toEqual([
      'hosts: i-gone does not carry the tags Service=payment, Stage=local; the target is i-a (a)',
      'hosts: i-x does not carry the tags Service=payment, Stage=local; the target is i-a (a)',
    ]);
  });
});
