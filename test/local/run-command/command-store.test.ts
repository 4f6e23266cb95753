import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { content, done, eventLine, type GivenRunCommand, givenRunCommand, host, request } from './given-run-command.ts';

let given: GivenRunCommand;

beforeEach(() => {
  given = givenRunCommand();
});
afterEach(() => given.service.close());

describe('with a state folder', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'rollgate-commands-'));
    given.start({ stateDir });
  });
  afterEach(() => rmSync(stateDir, { recursive: true }));

  test('finished commands are there after a new start, by id and by comment', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();
    given.service.close();

    given.start({ stateDir });

    expect(given.standing(commandId)).toBe('Success/Success 0 out');
    expect(given.service.find(host, request.comment)?.commandId).toBe(commandId);
  });

  test('a command in flight when the engine died is not run again and times out in the end', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.service.close();
    given.agent.jobs.length = 0;

    given.start({ stateDir });
    await given.time.advance(959);
    given.service.hostChanged(host);
    const before = given.standing(commandId);
    await given.time.advance(1);

    expect([before, given.standing(commandId), given.agent.jobs.length]).toEqual([
      'InProgress/InProgress -1',
      'TimedOut/DeliveryTimedOut -1',
      0,
    ]);
  });

  test('a deadline that passed while there was no engine is kept at once', async () => {
    const { commandId } = given.service.send(request);
    given.service.close();
    await given.time.advance(3_600);
    given.events.length = 0;

    given.start({ stateDir });
    await given.time.advance(0);

    expect(given.standing(commandId)).toBe('TimedOut/DeliveryTimedOut -1');
    expect(given.events.map(eventLine)).toEqual(['invocation TimedOut', 'command TimedOut']);
  });

  test('files are whole, private and without leftovers; a half written one is dropped', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.service.close();
    const folder = join(stateDir, 'commands');
    const path = join(folder, `${commandId}.json`);
    writeFileSync(join(folder, `${commandId}.json.1.new`), '{');

    given.start({ stateDir });

    expect(readdirSync(folder)).toEqual([`${commandId}.json`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8')).status).toBe('InProgress');
  });

  test('commands older than 30 days are forgotten', async () => {
    const { commandId } = given.service.send(request);
    given.service.cancel(commandId, host);
    given.service.close();
    await given.time.advance(31 * 24 * 3_600);

    given.start({ stateDir });

    expect([given.standing(commandId), readdirSync(join(stateDir, 'commands'))]).toEqual([undefined, []]);
  });

  test('a document that changes gets a new version, and the old one can still be sent', async () => {
    const old = given.service.document('rollgate-payment-go');
    given.service.close();

    given.start({ stateDir, documents: { 'rollgate-payment-go': content.replace('true', 'false') } });

    expect(old.version).toBe('1');
    expect(given.service.document('rollgate-payment-go').version).toBe('2');
    expect(given.service.document('rollgate-payment-go', '1')).toEqual(old);
    given.service.send({ ...request, documentVersion: '1', documentHash: old.hash });
    await given.settle();
    expect(given.agent.jobs[0]?.job.document.hash).toBe(old.hash);
  });
});
