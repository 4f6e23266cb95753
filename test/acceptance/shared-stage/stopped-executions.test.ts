import { describe, expect, it } from 'vitest';
import { readState } from '../../../ledger/lock/target-state.ts';
import { type LocalStage, until, whyNoHostTests } from '../local-stage.ts';
import { shortGate } from '../prepared-stage.ts';
import { typeCommand } from '../type-command.ts';
import {
  type BegunDeployment,
  begin,
  runningReleases,
  serving,
  untilBegun,
  untilDecided,
  untilSent,
} from './begun-deployment.ts';
import { useSharedStage } from './shared-stage.ts';

const why = await whyNoHostTests();

/** An execution is stopped in each phase, as the console's Stop does it. */
describe.runIf(why === undefined)('an execution that is stopped in the console', () => {
  const shared = useSharedStage();
  const stage = (): LocalStage => shared.get().stage;
  const phases = [
    ['while it stages', 'install', 'FailedClean'],
    ['while it activates', 'activate', 'RolledBack'],
    ['in a gate', 'verify', 'RolledBack'],
  ] as const;

  async function expectOrder({ deploymentId }: BegunDeployment, release: string): Promise<void> {
    await until(async () => (await readState(stage().engine.ports)).lock === null, 'the repair');
    expect(await serving(stage())).toEqual([true, true, true]);
    expect(await runningReleases(stage())).toEqual([release, release, release]);
    const { stdout } = await typeCommand(stage(), 'status', deploymentId);
    expect(stdout).toMatch(/RolledBack|FailedClean/);
  }

  it.each(phases)('%s leaves no lock and no host half switched', async (_when, action, status) => {
    const begun = await begin(stage(), { release: 'v1' });
    await untilSent(stage(), begun, action);

    await stage().engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

    await expectOrder(begun, 'v2');
    expect((await stage().ended(begun.executionArn)).outcome.status).toBe(status);
  });

  it('while it bakes leaves no lock and no host half switched', async () => {
    await stage().publish((yaml) => shortGate(yaml).replace('bakeSeconds: 0', 'bakeSeconds: 600'));
    const begun = await begin(stage(), { release: 'v1' });
    await untilDecided(stage(), begun, 'bake');

    await stage().engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

    await expectOrder(begun, 'v2');
    await stage().publish(shortGate);
  });

  it('while it puts a host back leaves no lock and no host half switched', async () => {
    const begun = await untilBegun(stage(), (await stage().upload('exits-at-start')).executionArn);
    await untilSent(stage(), begun, 'revert');

    await stage().engine.executions.stop(begun.executionArn, 'Stopped', 'in the console');

    await expectOrder(begun, 'v2');
  });
});
