import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import { readState } from '../../../ledger/lock/target-state.ts';
import { readDecisions, readOutcome } from '../../../ledger/rollout/deployments.ts';
import { startEngine } from '../../../local/engine.ts';
import { until } from '../../acceptance/local-stage.ts';
import { artifactZip } from '../../fakes/artifact-zips.ts';
import { paymentYaml, paymentYamlWith } from '../../given/configuration.ts';

test('an alarm that goes off in the bake puts its wave back at once, on simulated hosts', {
  timeout: 60_000,
}, async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'rollgate-alarms-'));
  const engine = await startEngine({ stateDirectory, hosts: 'simulated', fresh: true, onProgress: () => undefined });
  try {
    const { ports, alarms } = engine;
    const watched = paymentYamlWith({ rollout: { alarms: ['payment-{stage}-5xx'], bakeSeconds: 3600 } });
    await publishServiceConfig(ports, paymentYaml, 'test');
    await ports.artifacts.upload(await artifactZip(1));
    await until(async () => stableRelease(await readState(ports))?.release === 1, 'v1 is stable');
    await until(async () => (await readState(ports)).lock === null, 'the lock is free');
    alarms.set('payment-local-5xx', 'OK', 'few errors');
    await publishServiceConfig(ports, watched, 'test');
    await ports.artifacts.upload(await artifactZip(2));
    let deploymentId = '';
    await until(async () => {
      deploymentId = (await readState(ports)).lock?.deploymentId ?? '';
      return deploymentId !== '';
    }, 'it has the lock');
    await until(
      async () => (await readDecisions(ports, deploymentId)).at(-1)?.decision.kind === 'bake',
      'the first wave bakes',
    );

    alarms.set('payment-local-5xx', 'ALARM', '40 errors');
    const [execution] = await engine.executions.list();
    await engine.executions.ended(execution?.executionArn ?? '');

    expect(await readOutcome(ports, deploymentId)).toMatchObject({
      status: 'RolledBack',
      reason: {
        code: 'alarm-firing',
        text: 'this CloudWatch alarm is in ALARM: payment-local-5xx (simulated: 40 errors)',
      },
      hosts: [{ status: 'reverted' }, { status: 'untouched' }, { status: 'untouched' }],
    });
  } finally {
    await engine.stop();
    await rm(stateDirectory, { recursive: true });
  }
});
