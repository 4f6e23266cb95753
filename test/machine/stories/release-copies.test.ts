import { expect, test } from 'vitest';
import { keys } from '../../../ledger/keys.ts';
import { readAdmitted } from '../../../ledger/rollout/deployments.ts';
import { artifactZip } from '../../fakes/artifact-zips.ts';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';

async function uploadAgain(world: World, number: number): Promise<string> {
  world.givenEventsLost('OnArtifactUploaded');
  const { versionId } = await world.artifacts.upload(await artifactZip(number));
  world.givenEventsLost('OnArtifactUploaded', false);
  return versionId;
}

function loseZip(world: World, release: number): Promise<void> {
  return world.bucket.remove(keys.zip('payment', release));
}

async function warningsOf(world: World, { deploymentId }: { readonly deploymentId: string }): Promise<string> {
  return (await readAdmitted(world.ports, deploymentId))?.warnings.join('\n') ?? '';
}

const gone = (release: string) => `the zip of ${release} is not in the ledger any more`;

describeMachine('the same bytes', () => {
  test('are released under a new number though their version was deleted between numbering and copying', async () => {
    const world = await givenUpgrade();
    const intruder = () => world.artifacts.givenDeleted('upload.2');
    world.faults.given('artifacts.copyToLedger', { kind: 'intrude', intruder });

    const first = await world.deploy();
    await uploadAgain(world, 2);
    const again = await world.deploy();

    expect(first.error).toBe('InvalidDeploymentError');
    expect(again.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('are released again under their number though the version that got it was deleted, and its copy too', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    world.artifacts.givenDeleted('upload.1');
    await uploadAgain(world, 1);
    expect((await world.deploy()).end).toBe('Succeeded');
    await loseZip(world, 1);

    const again = await world.deploy();

    expect(again.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(world.bucket.keys()).toContain(keys.zip('payment', 1));
  });
});

describeMachine('a release whose zip is not in the ledger any more', () => {
  test('is refused at admission, and can be deployed once its bytes are uploaded again', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await loseZip(world, 1);

    const refused = await world.deploy({ release: 'v1' });

    expect(refused.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(refused.error).toBe('InvalidDeploymentError');
    expect(refused.cause?.split('\n')[0]).toBe(
      `release: ${gone('v1')} (rollgate/payment/releases/1.zip), so a host could not download it; upload the same zip again, ` +
        'or go back to it with what the hosts still have on their disks: rollgate rollback --to v1',
    );
    expect(world.sent()).toEqual([]);
    await uploadAgain(world, 1);
    expect((await world.deploy()).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('is refused for a dry run and for the resume of what was no rollback', async () => {
    const world = await givenUpgrade();
    const running = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    await world.say('halt', (await world.state()).lock?.deploymentId ?? '', { isKept: true });
    const halted = await world.ended(running);
    expect(halted.end).toBe('Halted');
    await loseZip(world, 2);

    const resumed = await world.deploy({ resume: halted.deploymentId });
    const planned = await world.deploy({ release: 'v2', dryRun: true });

    expect(resumed.cause).toContain(`resume: ${gone('v2')}`);
    expect(planned.cause).toContain(`release: ${gone('v2')}`);
  });

  test('is refused for the configuration alone where it is the stable one', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await loseZip(world, 1);

    const refused = await world.deploy({ configOnly: true });

    expect(refused.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(refused.cause).toContain('the copy rollgate/payment/releases/1.zip is gone');
  });

  test('is gone back to with a warning: a rollback needs no network', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await loseZip(world, 1);

    const rollback = await world.deploy({ rollback: true });

    expect(rollback.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(await warningsOf(world, rollback)).toContain(
      `${gone('v1')} (rollgate/payment/releases/1.zip): a host that does not have v1 on its disk fails in staging and is named`,
    );
  });

  test('is gone back to also by the resume of a rollback', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await loseZip(world, 1);
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'disk-full');
    const rollback = await world.deploy({ rollback: true });
    expect(rollback.end).not.toBe('Succeeded');

    const resumed = await world.deploy({ resume: rollback.deploymentId });
    await world.rest();

    expect(resumed.end).toBe('Succeeded');
    expect(await warningsOf(world, resumed)).toContain(gone('v1'));
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('fails in the staging of a host that does not have it, which is named', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1, 2);
    world.appear('d');
    await world.until(() => world.target.running().includes('d v2'));
    await world.rest();
    await loseZip(world, 1);

    const rollback = await world.deploy({ rollback: true });

    const d = rollback.outcome?.hosts.find((host) => host.name === 'd');
    expect(d?.diagnosis?.cause).toBe('download-failed');
    expect(rollback.outcome?.reason.text).toContain('d');
    expect(world.sent().filter((command) => command === 'activate d')).toHaveLength(1);
  });

  test('goes to a new host with a warning, which then fails in staging', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    await loseZip(world, 1);

    world.appear('d');
    await world.rest();

    const converge = await world.story((await world.all()).at(-1)?.executionArn ?? '');
    expect(await warningsOf(world, converge)).toContain(gone('v1'));
    expect(converge.outcome?.hosts).toMatchObject([{ name: 'd', diagnosis: { cause: 'download-failed' } }]);
    expect(world.target.running().slice(0, 3)).toEqual(['a v1', 'b v1', 'c v1']);
  });
});
