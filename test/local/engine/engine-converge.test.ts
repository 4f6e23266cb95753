import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import { readConvergence } from '../../../ledger/converge/convergence.ts';
import { readState } from '../../../ledger/lock/target-state.ts';
import { startEngine } from '../../../local/engine.ts';
import { until } from '../../acceptance/local-stage.ts';
import { artifactZip } from '../../fakes/artifact-zips.ts';
import { paymentYamlWith } from '../../given/configuration.ts';

test('a host that was switched off during a rollout gets what became stable when it is switched on', {
  timeout: 60_000,
}, async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'rollgate-converge-'));
  const engine = await startEngine({ stateDirectory, hosts: 'simulated', fresh: true, onProgress: () => undefined });
  try {
    const { ports, target } = engine;
    const skipping = paymentYamlWith({ rollout: { offlineHosts: 'skip', maxUnavailable: 2 } });
    await publishServiceConfig(ports, skipping, 'test');
    const stable = async () => stableRelease(await readState(ports))?.release;
    const away = target.machines[2];
    if (away === undefined) throw new Error('there is no third host');
    await ports.artifacts.upload(await artifactZip(1));
    await until(async () => (await stable()) === 1, 'v1 is stable');

    await away.powerOff();
    await ports.artifacts.upload(await artifactZip(2));
    await until(async () => (await stable()) === 2, 'v2 is stable');
    expect((await readConvergence(ports)).seen[away.instanceId]?.running).toMatch(/^v1-/);
    await away.powerOn();
    await until(
      async () => (await readConvergence(ports)).seen[away.instanceId]?.running.startsWith('v2-') ?? false,
      'v2',
    );

    const converges = (await engine.executions.list()).filter(({ input }) => input.includes('"converge"'));
    expect(converges.map(({ input }) => JSON.parse(input))).toMatchObject([{ converge: [away.instanceId] }]);
    expect(await engine.executions.ended(converges[0]?.executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  } finally {
    await engine.stop();
    await rm(stateDirectory, { recursive: true });
  }
});
