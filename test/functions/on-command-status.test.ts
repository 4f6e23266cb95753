import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/on-command-status.ts';
import { run as runHostStep } from '../../functions/run-host-step.ts';
import { deploymentId } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const step = { token: 'one', action: 'activate', deploymentId, fence, round: 1, instanceId: idOf('a') } as const;

function event(status: string, commandId = 'command-1') {
  return {
    detail: {
      'command-id': commandId,
      'document-name': 'rollgate-payment-local-activate',
      'instance-id': idOf('a'),
      status,
    },
  };
}

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
});

test('the end of a command answers the task that waits for it, once', async () => {
  await runHostStep(step, given.ports);
  given.givenReport();

  await run(event('Success'), given.ports);
  await run(event('Success'), given.ports);

  expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"done"}']);
});

test('an event only wakes: what happened is asked of SSM', async () => {
  await runHostStep(step, given.ports);
  given.givenReport({ outcome: 'failed', failure: 'start-failed' });

  await run(event('Success'), given.ports);

  expect(given.deeds.at(-1)).toBe('answer one {"status":"failed"}');
});

test.each(['Pending', 'InProgress', 'In Progress', 'Delayed', 'Cancelling'])('%s is no end', async (status) => {
  await run(event(status), given.ports);

  expect(given.deeds).toEqual([]);
});

test('an event of an earlier command finds the new one still running and leaves it', async () => {
  await runHostStep(step, given.ports);

  await run(event('Failed', 'an earlier command'), given.ports);

  expect(given.deeds).toEqual(['send activate a']);
});

test('an event that finds no token is delivered again', async () => {
  await expect(run(event('Success'), given.ports)).rejects.toThrow(
    expect.objectContaining({ name: 'TransientAwsError' }),
  );
});

test('an end that comes between the send and its note is found by the step itself', async () => {
  const send = given.ports.commands.send;
  const commands = {
    ...given.ports.commands,
    send: async (command: Parameters<typeof send>[0]) => {
      const sent = await send(command);
      given.givenReport();
      await run(event('Success'), given.ports);
      return sent;
    },
  };

  await runHostStep(step, { ...given.ports, commands });

  expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"done"}']);
});

test('a token that was parked anew meanwhile is answered in place of the old one', async () => {
  await runHostStep(step, given.ports);
  given.givenDeadToken('one');
  const { invocation } = given.ports.commands;
  const commands = {
    ...given.ports.commands,
    invocation: async (commandId: string, instanceId: string) => {
      await runHostStep({ ...step, token: 'two' }, given.ports);
      given.givenReport();
      return invocation(commandId, instanceId);
    },
  };

  await run(event('Success'), { ...given.ports, commands });

  expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"done"}', 'answer two {"status":"done"}']);
});

test('the handler takes the event as EventBridge sends it', async () => {
  await runHostStep(step, given.ports);
  given.givenReport();

  await handler({ source: 'aws.ssm', ...event('Success') });

  expect(given.deeds.at(-1)).toBe('answer one {"status":"done"}');
});
