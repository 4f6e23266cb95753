import { expect, test } from 'vitest';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenUpgrade,
  map,
  settled,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';

const isActivate = (request: { readonly documentName: string }) => request.documentName.endsWith('-activate');
const happyEnd = ['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'];

describeMachine('a command', () => {
  test('whose answer to the send is lost is found by its comment and not sent twice', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.commandFaults.givenSend({ kind: 'lose-response' }, isActivate);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(1);
    expect(world.calls()).toContain('commands.find');
  });

  test('that was throttled is sent again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.commandFaults.givenSend({ kind: 'throttle' }, isActivate);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(2);
  });

  test('whose event is lost is asked for at the next heartbeat, and not sent twice', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenEventsLost('OnCommandStatus');

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(new Set(world.sent()).size).toBe(world.sent().length);
  });

  test('whose event comes twice is answered once', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    for (let time = 0; time < 6; time += 1) world.commandFaults.givenEvent({ kind: 'duplicate' });

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(new Set(world.sent()).size).toBe(world.sent().length);
  });

  test('that SSM does not show yet is looked for again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.commandFaults.givenSend({ kind: 'invisible', looks: 3 }, isActivate);

    expect((await world.deploy()).path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
  });

  test('that the agent runs twice is answered by the host with the first report', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.commandFaults.givenSend({ kind: 'run-twice' }, isActivate);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that the SDK sent twice after a lost answer is answered by the host with the first report', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.faults.given('commands.send', { kind: 'repeat' }, { matches: /"activate"/ });

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(2);
    const { receipts } = world.target.fleet.host(world.idOf('a')).state();
    expect(Object.values(receipts).filter((receipt) => receipt.script === 'activate')).toHaveLength(1);
  });

  test('that never arrives is looked into and sent again; when it starts after the end it changes nothing', async () => {
    const world = await givenUpgrade();
    const late = Promise.withResolvers<void>();
    world.commandFaults.givenSend({ kind: 'start-after', released: late.promise }, isActivate);

    const story = await world.deploy();
    const before = world.target.fleet.host(world.idOf('a')).state();
    await world.pass(60);
    late.resolve();
    await world.pass(60);

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1, 'Activate NotActivated'), 'NextWave', ...settled(1)],
      ...happyEnd,
    ]);
    expect(world.target.fleet.host(world.idOf('a')).state()).toEqual(before);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('that comes late while its deployment is still on refuses, and is sent again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'late-refused');

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), ...happyEnd]);
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(2);
  });

  test('of which nobody knows what it did is not repeated where it was done: the host is asked what it runs', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'lost-result');

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1, 'Activate NotActivated'), 'NextWave', ...settled(1), 'NextWave'],
      ...[...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(1);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('whose second send is refused may have run the first time: the host is settled', async () => {
    const world = await givenUpgrade();
    world.faults.given('commands.send', { kind: 'throttle' }, { matches: /0a","document":"install/ });
    world.faults.given('commands.find', {
      kind: 'intrude',
      intruder: () => world.target.fleet.host(world.idOf('a')).powerOff(),
    });
    world.whenEntered('Settle', () => world.target.fleet.host(world.idOf('a')).powerOn());

    const story = await world.deploy();

    expectTail(story.path, [...settled(1), 'NextWave', 'Finish', 'FailedClean']);
  });
});
