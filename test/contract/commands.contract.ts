import { expect } from 'vitest';
import type { Invocation, SendResult } from '../../clients/ports.ts';
import type { HostCommand } from '../../core/model/host-commands.ts';
import { hostDocuments } from '../../core/model/statuses.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import type { BackEnd, Bench } from './back-end.ts';
import { contract } from './contract-test.ts';

const tags = { Service: 'payment', 'rollgate:payment': 'prod' };
const noCommand = '00000000-0000-4000-8000-000000000000';

export function commandsContract(backEnd: BackEnd): void {
  contract('commands', backEnd, (contractTest) => {
    contractTest('the documents have the names of service and stage', ['documents'], async ({ ports }) => {
      const documents = await ports.commands.documents();

      const stack = `rollgate-${ports.stage.service}-${ports.stage.name}`;
      for (const kind of hostDocuments) {
        const document = kind === 'inspect' ? await ports.commands.document(kind) : documents[kind];
        expect(document).toEqual({
          name: `${stack}-${kind}`,
          version: expect.stringMatching(/^[1-9][0-9]*$/),
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        });
      }
    });

    contractTest('a command that was sent is known by its id and by its comment', ['sendCommand'], async (bench) => {
      const { commands } = bench.ports;
      const [one = ''] = await bench.launch([{ tags }]);

      const sent = await commands.send(commandFor(bench, one, 'rollgate 1a2b'));

      const commandId = idOf(sent);
      expect(commandId).toMatch(/^[0-9a-f-]{36}$/);
      expect(await commands.invocation(commandId, one)).toMatchObject({ commandId, instanceId: one });
      expect(await commands.find(one, 'rollgate 1a2b')).toBe(commandId);
      expect(await commands.find(one, 'rollgate 1a2')).toBeUndefined();
    });

    contractTest(
      'of a command on one instance another knows nothing',
      ['sendCommand', 'oneInstance'],
      async (bench) => {
        const { commands } = bench.ports;
        const [one = '', other = ''] = await bench.launch([{ tags }, { tags }]);

        const sent = await commands.send(commandFor(bench, one, 'rollgate 1a2b'));

        const commandId = idOf(sent);
        expect(await commands.find(one, 'rollgate 1a2b')).toBe(commandId);
        expect(await commands.find(other, 'rollgate 1a2b')).toBeUndefined();
        expect(await commands.invocation(commandId, other)).toBeUndefined();
      },
    );

    contractTest(
      'a command that ended says its exit code and output',
      ['sendCommand', 'commandOutput'],
      async (bench) => {
        const [id = ''] = await bench.launch([{ tags }]);

        const sent = await bench.ports.commands.send(commandFor(bench, id, 'rollgate 1a2b'));

        const commandId = idOf(sent);
        expect(await endOf(bench, commandId, id)).toEqual({
          commandId,
          instanceId: id,
          status: 'Success',
          statusDetails: 'Success',
          responseCode: 0,
          stdout: 'settle v42\n',
          stderr: 'narration\n',
        });
      },
    );

    contractTest('a command that nobody sent is not known', [], async (bench) => {
      const [id = ''] = await bench.launch([{ tags }]);

      expect(await bench.ports.commands.invocation(noCommand, id)).toBeUndefined();
      expect(await bench.ports.commands.find(id, 'rollgate 9')).toBeUndefined();
    });

    contractTest(
      'an instance that SSM does not take is refused, with its reason',
      ['refuseInstance'],
      async (bench) => {
        const [stopped = ''] = await bench.launch([{ tags }]);
        await bench.stopInstance(stopped);

        for (const id of [stopped, 'i-00000000000000bad']) {
          expect(await bench.ports.commands.send(commandFor(bench, id, 'rollgate 1a2b'))).toMatchObject({
            kind: 'refused',
            reason: expect.stringContaining(id),
          });
        }
      },
    );

    contractTest(
      'a command that ended can be cancelled again, to no effect',
      ['sendCommand', 'cancelCommand'],
      async (bench) => {
        const [id = ''] = await bench.launch([{ tags }]);
        const sent = await bench.ports.commands.send(commandFor(bench, id, 'rollgate 1a2b'));
        const commandId = idOf(sent);
        const ended = await endOf(bench, commandId, id);

        await bench.ports.commands.cancel(commandId, id);

        expect(await bench.ports.commands.invocation(commandId, id)).toEqual(ended);
      },
    );
  });
}

function idOf(sent: SendResult): string {
  if (sent.kind !== 'sent') throw new Error(`refused: ${sent.reason}`);
  return sent.commandId;
}

function commandFor(bench: Bench, instanceId: string, comment: string): HostCommand {
  return {
    instanceId,
    document: 'settle',
    documentVersion: bench.documentVersion,
    documentHash: bench.documentHash,
    comment,
    parameters: { releaseId: 'v42' },
    deliverySeconds: 30,
  };
}

async function endOf(bench: Bench, commandId: string, instanceId: string): Promise<Invocation | undefined> {
  let found: Invocation | undefined;
  await until(
    `command ${commandId} has ended`,
    async () => {
      found = await bench.ports.commands.invocation(commandId, instanceId);
      return found !== undefined && !['Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(found.status);
    },
    deadline(60),
  );
  return found;
}
