import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { HostCommand } from '../../../core/model/host-commands.ts';
import type { HostDocument } from '../../../core/model/statuses.ts';
import { createLocalCommands } from '../../../local/run-command/local-commands.ts';
import { createScriptAgent } from '../../../local/run-command/script-agent.ts';
import { createManualClock } from '../../fakes/manual-clock.ts';
import { createProcessMachine } from './process-machine.ts';

function documentThatPrints(kind: HostDocument): string {
  return `
schemaVersion: '2.2'
parameters:
  releaseId: { type: String, allowedPattern: '^v[0-9]+$' }
mainSteps:
  - action: aws:runShellScript
    name: ${kind}
    inputs:
      timeoutSeconds: '60'
      runCommand: ['#!/bin/bash', 'echo ${kind} {{ releaseId }}', 'echo narration >&2']
`;
}

const documents = {
  install: documentThatPrints('install'),
  activate: documentThatPrints('activate'),
  verify: documentThatPrints('verify'),
  settle: documentThatPrints('settle'),
  inspect: documentThatPrints('inspect'),
};

let machine: ReturnType<typeof createProcessMachine>;
let local: ReturnType<typeof createLocalCommands>;

beforeEach(() => {
  machine = createProcessMachine(mkdtempSync(join(tmpdir(), 'rollgate-local-')));
  const agent = createScriptAgent(machine, { region: 'eu-west-1' });
  local = createLocalCommands({
    service: 'payment',
    stage: 'local',
    documents,
    agentOf: (instanceId) => (instanceId === machine.instanceId ? agent : undefined),
    clock: createManualClock(),
    region: 'eu-west-1',
  });
});

async function command(change: Partial<HostCommand> = {}): Promise<HostCommand> {
  const { activate } = await local.commands.documents();
  return {
    instanceId: machine.instanceId,
    document: 'activate',
    documentVersion: activate.version,
    documentHash: activate.hash,
    comment: 'rollgate 1a2b',
    parameters: { releaseId: 'v42' },
    deliverySeconds: 30,
    ...change,
  };
}

test('a command sent through the port runs its document on the host', async () => {
  const sent = await local.commands.send(await command());
  await local.runCommand.idle();

  const commandId = sent.kind === 'sent' ? sent.commandId : '';
  expect(await local.commands.invocation(commandId, machine.instanceId)).toEqual({
    commandId,
    instanceId: machine.instanceId,
    status: 'Success',
    statusDetails: 'Success',
    responseCode: 0,
    stdout: 'activate v42\n',
    stderr: 'narration\n',
  });
  expect(await local.commands.find(machine.instanceId, 'rollgate 1a2b')).toBe(commandId);
});

test('documents are named after the service', async () => {
  const documentsNow = await local.commands.documents();

  expect(Object.values(documentsNow).map((document) => `${document.name} ${document.version}`)).toEqual([
    'rollgate-payment-local-install 1',
    'rollgate-payment-local-activate 1',
    'rollgate-payment-local-verify 1',
    'rollgate-payment-local-settle 1',
  ]);
});

test('a host that is down is a refusal, not an exception', async () => {
  await machine.powerOff();

  expect(await local.commands.send(await command())).toEqual({
    kind: 'refused',
    why: 'unreachable',
    reason: 'Instances [[i-0a1]] not in a valid state for account 000000000000',
  });
});

test('a parameter that breaks its pattern is an exception that names it', async () => {
  const broken = await command({ parameters: { releaseId: 'v42; reboot' } });

  await expect(local.commands.send(broken)).rejects.toMatchObject({
    name: 'InvalidParameters',
    message: 'releaseId: does not match allowedPattern ^v[0-9]+$',
  });
});

test('an unknown command has no invocation and no finding', async () => {
  expect(await local.commands.invocation('c-9', machine.instanceId)).toBeUndefined();
  expect(await local.commands.find(machine.instanceId, 'rollgate 9')).toBeUndefined();
});
