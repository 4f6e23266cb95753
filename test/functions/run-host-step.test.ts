import { beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../core/model/errors.ts';
import { type HostStepInput, handler, run } from '../../functions/run-host-step.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import { readSteps } from '../../ledger/rollout/host-steps.ts';
import { arnOf, deploymentId } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const input: HostStepInput = { token: 'one', action: 'activate', deploymentId, fence, round: 1, instanceId: idOf('a') };

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
});

async function steps() {
  const all = await readSteps(given.ports, deploymentId);
  return all.map(({ intent, commandId, outcome }) => ({
    step: `${intent.action}-${intent.attempt}`,
    commandId,
    status: outcome?.status ?? null,
  }));
}

describe('a step', () => {
  test('is sent once, with its intent written first and everything the host must know', async () => {
    await run(input, given.ports);

    expect(given.deeds).toEqual(['send activate a']);
    expect(await steps()).toEqual([{ step: 'activate-1', commandId: 'command-1', status: null }]);
    expect(given.sent[0]).toMatchObject({
      document: 'activate',
      documentVersion: '3',
      deliverySeconds: 60,
      parameters: {
        service: 'payment',
        deploymentId,
        fence: String(fence),
        notAfter: String(Math.ceil(given.time.now() / 1000) + 90),
        releaseId: expect.stringMatching(/^v1-/),
      },
    });
  });

  test('writes its intent before it sends, so that nobody forgets what may be out', async () => {
    given.givenSend(new TypeError('the process died here'));

    await expect(run(input, given.ports)).rejects.toThrow('the process died here');

    expect(await steps()).toEqual([{ step: 'activate-1', commandId: null, status: null }]);
  });

  test.each([
    ['revert', 'activate', 'previous'],
    ['verifyRevert', 'verify', 'previous'],
  ] as const)('%s is %s of what ran before', async (action, document, releaseId) => {
    await run({ ...input, action }, given.ports);

    expect(given.sent[0]).toMatchObject({ document, parameters: { releaseId } });
  });

  test('install is told what to keep and where its packages are', async () => {
    await given.givenState((state) => ({
      ...state,
      stableHistory: ['v1-111111111111', 'v2-222222222222', 'v3-333333333333', 'v2-222222222222'].map((releaseId) => ({
        release: 1,
        releaseId,
        deploymentId: 'd',
        at: 'then',
        isRollback: false,
      })),
    }));

    await run({ ...input, action: 'install', round: 0 }, given.ports);

    expect(given.sent[0]?.parameters).toMatchObject({
      manifestKey: 'rollgate/payment/releases/1.json',
      packagesKey: '',
      keep: 'v2-222222222222,v3-333333333333',
      region: 'eu-west-1',
      stateBucket: 'rollgate-state-local',
    });
  });

  test('that has ended is answered at once, with less than a kilobyte', async () => {
    await run(input, given.ports);
    given.givenReport();

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds).toEqual(['send activate a', 'answer two {"status":"done"}']);
    expect(await steps()).toEqual([{ step: 'activate-1', commandId: 'command-1', status: 'done' }]);
  });

  test('that is asked for again is never sent again', async () => {
    for (const token of ['one', 'two', 'three']) await run({ ...input, token }, given.ports);

    expect(given.deeds).toEqual(['send activate a']);
  });

  test('of an instance that is off by the next heartbeat is given up, with the host as its cause', async () => {
    await run(input, given.ports);
    const inventory = { ...given.ports.inventory, stateOf: async () => 'stopped' as const };

    await run({ ...input, token: 'two' }, { ...given.ports, inventory });

    expect(given.deeds).toEqual(['send activate a', 'answer two {"status":"unknown"}']);
    const [step] = await readSteps(given.ports, deploymentId);
    expect(step?.outcome?.diagnosis?.cause).toBe('host-lost');
  });

  test('whose answer to the send was lost is found by its comment', async () => {
    const send = given.ports.commands.send;
    const losing = async (command: Parameters<typeof send>[0]) => {
      await send(command);
      throw new TransientAwsError('the answer was lost');
    };
    await expect(run(input, { ...given.ports, commands: { ...given.ports.commands, send: losing } })).rejects.toThrow();

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds).toEqual(['send activate a', 'find a']);
    expect(await steps()).toEqual([{ step: 'activate-1', commandId: 'command-1', status: null }]);
  });

  test('that SSM refuses is a failed host with its cause', async () => {
    given.givenSend({ kind: 'refused', why: 'unreachable', reason: 'InvalidInstanceId' });

    await run(input, given.ports);

    expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"refused"}']);
    const [step] = await readSteps(given.ports, deploymentId);
    expect(step?.outcome?.diagnosis?.cause).toBe('agent-offline');
  });

  test('that the role may not send is a failed host that says which tag it misses', async () => {
    const reason = 'the host must carry the tag rollgate:payment=prod';
    given.givenSend({ kind: 'refused', why: 'denied', reason });

    await run(input, given.ports);

    const [step] = await readSteps(given.ports, deploymentId);
    expect(step?.outcome?.diagnosis).toMatchObject({
      cause: 'permission-denied',
      meaning: `SSM denied the command on this host (${reason})`,
    });
  });

  test('that was refused the second time may have run the first: unknown', async () => {
    given.givenSend(new TransientAwsError('no answer'));
    await expect(run(input, given.ports)).rejects.toThrow('no answer');
    given.givenSend({ kind: 'refused', why: 'unreachable', reason: 'InvalidInstanceId' });

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds.at(-1)).toBe('answer two {"status":"unknown"}');
  });

  test('that never reached the host is tried again, three times in a round', async () => {
    await run(input, given.ports);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      given.givenInvocation(`command-${attempt}`, { status: 'Failed', statusDetails: 'Undeliverable' });
    }

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds).toEqual([
      ...['send activate a', 'send activate a', 'send activate a', 'answer two {"status":"refused"}'],
    ]);
    const keys = (await readSteps(given.ports, deploymentId)).map((step) => step.intent.key);
    expect(new Set(keys).size).toBe(3);
  });

  test('is sent three times in a round at most, also where another answers it during a pause between two tries', async () => {
    await run(input, given.ports);
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      given.givenInvocation(`command-${attempt}`, { status: 'Failed', statusDetails: 'Undeliverable' });
    }
    const paused = Promise.withResolvers<void>();
    const slow = { ...given.ports, clock: { ...given.ports.clock, wait: () => paused.promise } };
    const first = run({ ...input, token: 'two' }, slow);

    await run({ ...input, token: 'two' }, given.ports);
    paused.resolve();
    await first;

    const attempts = (await readSteps(given.ports, deploymentId)).map((step) => step.intent.attempt);
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('that nobody has answered by its deadline is unknown', async () => {
    await run(input, given.ports);
    given.time.skip((60 + 120 + 30) * 1000);

    await run({ ...input, token: 'two' }, given.ports);
    expect(given.deeds).toEqual(['send activate a']);
    given.time.skip(1);
    await run({ ...input, token: 'three' }, given.ports);

    expect(given.deeds.at(-1)).toBe('answer three {"status":"unknown"}');
  });

  test('keeps the packages that the first host resolved for all others', async () => {
    await run({ ...input, action: 'install', round: 0 }, given.ports);
    const installed = {
      releaseId: 'v1-x',
      python: '3.11',
      platform: 'x',
      virtualenv: 'v',
      isVirtualenvReused: false,
      packages: ['flask==1.0', 'pika==2.0'],
      packagesSha256: 'p',
    };
    given.givenReport({ script: 'install', installed });
    await run({ ...input, action: 'install', round: 0, token: 'two' }, given.ports);

    await run({ ...input, action: 'install', round: 0, instanceId: idOf('b') }, given.ports);

    const { packagesKey = '' } = given.sent[1]?.parameters ?? {};
    expect(packagesKey).toMatch(/^rollgate\/payment\/packages\/[0-9a-f]{64}\.txt$/);
    expect(new TextDecoder().decode(given.bucket.bytes(packagesKey))).toBe('flask==1.0\npika==2.0\n');
  });
});

describe('a host is held back', () => {
  test('after a halt: nothing is sent, and the machine is told', async () => {
    await writeControl(given.ports, 'halt', deploymentId, { by: 'anna', at: 'then', reason: '' });

    await run(input, given.ports);

    expect(given.deeds).toEqual(['answer one {"status":"heldBack"}']);
    expect(await steps()).toEqual([]);
  });

  test('also where its first send may have been lost: nobody knows what it did, and it is not sent again', async () => {
    given.givenSend(new TransientAwsError('no answer'));
    await expect(run(input, given.ports)).rejects.toThrow('no answer');
    await writeControl(given.ports, 'halt', deploymentId, { by: 'anna', at: 'then', reason: '' });

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds.filter((deed) => deed.startsWith('send'))).toEqual(['send activate a']);
    expect(given.deeds.at(-1)).toBe('answer two {"status":"unknown"}');
  });

  test('before the second try of one that never reached its host', async () => {
    await run(input, given.ports);
    given.givenInvocation('command-1', { status: 'Failed', statusDetails: 'Undeliverable' });
    await writeControl(given.ports, 'pause', deploymentId, { by: 'anna', at: '2026-11-22T20:45:00.000Z', reason: '' });

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds).toEqual(['send activate a', 'answer two {"status":"refused"}']);
  });

  test('but not once its command is out: then it is waited for', async () => {
    await run(input, given.ports);
    await writeControl(given.ports, 'halt', deploymentId, { by: 'anna', at: 'then', reason: '' });
    given.givenReport();

    await run({ ...input, token: 'two' }, given.ports);

    expect(given.deeds.at(-1)).toBe('answer two {"status":"done"}');
  });
});

test('without the lock, or with an older fence, nothing is sent', async () => {
  for (const more of [{ fence: fence - 1 }, { deploymentId: 'd-20261122-204500-ffffff' }]) {
    await expect(run({ ...input, ...more }, given.ports)).rejects.toThrow(
      expect.objectContaining({ name: 'LockLostError' }),
    );
  }
  expect(given.deeds).toEqual([]);
});

test('a lock that is taken over between the intent and the send is seen, so that nothing goes out behind a repair', async () => {
  const { ledger } = given.ports;
  const watched: typeof ledger = {
    ...ledger,
    async create(key, body) {
      const written = await ledger.create(key, body);
      if (key.endsWith('.intent.json')) await given.givenLock({ executionArn: arnOf('repair'), fence: fence + 1 });
      return written;
    },
  };

  await expect(run(input, { ...given.ports, ledger: watched })).rejects.toThrow(
    expect.objectContaining({ name: 'LockLostError' }),
  );

  expect(given.deeds).toEqual([]);
  expect(await steps()).toEqual([{ step: 'activate-1', commandId: null, status: null }]);
});

test('a newer token that was parked meanwhile is answered in place of a dead one', async () => {
  await run(input, given.ports);
  await run({ ...input, token: 'two' }, given.ports);
  given.givenReport();
  given.givenDeadToken('late');

  await run({ ...input, token: 'late' }, given.ports);

  expect(given.deeds.slice(1)).toEqual(['answer late {"status":"done"}']);
});

test('the handler takes a step', async () => {
  await handler(input);

  expect(given.deeds).toEqual(['send activate a']);
  await expect(handler({ ...input, action: 'reboot' })).rejects.toThrow(/action/);
});
