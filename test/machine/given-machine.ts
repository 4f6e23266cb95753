import { afterAll, afterEach, describe, expect, type RunnerTask, type RunnerTestFile } from 'vitest';
import type { Definition, State } from '../../local/state-machine/definition.ts';
import type { Behaviour } from '../fakes/artifact-zips.ts';
import type { Story } from '../fakes/story.ts';
import { createWorld, definition, type World, type WorldOptions } from '../fakes/world.ts';
import { createStoryRecorder, type StoryRecorder } from './record-story.ts';
import { leaveRecord } from './story-records.ts';

const worlds: { readonly world: World; readonly isLockFree: boolean }[] = [];

/** By test file: a worker runs several. */
const recorders = new Map<string, StoryRecorder>();

/** `hasLockLeft`: the test ends with somebody else's lock on purpose. */
export interface GivenMachine extends WorldOptions {
  readonly hasLockLeft?: boolean;
}

/** A world that is checked when the test is over: nobody was taken down too many, every fault struck, the lock is free. */
export async function givenMachine({ hasLockLeft = false, ...options }: GivenMachine = {}): Promise<World> {
  const world = await createWorld(options);
  world.onCall(recorderOf(expect.getState().testPath ?? '').called);
  worlds.push({ world, isLockFree: !hasLockLeft });
  return world;
}

/** How the release that is rolled out behaves on the hosts, besides the options of the world. */
export interface GivenUpgrade extends GivenMachine {
  readonly behaviour?: Behaviour;
}

/** v1 is stable, and v2 was uploaded without anybody hearing of it. */
export async function givenUpgrade({ behaviour, ...options }: GivenUpgrade = {}): Promise<World> {
  const world = await givenMachine(options);
  await world.givenStable(1);
  await world.givenUpload(2, behaviour);
  return world;
}

/** v1 is stable, v2 was uploaded, and the execution that rolls it out was started. */
export async function givenRunningUpgrade(
  options: GivenUpgrade = {},
): Promise<{ readonly world: World; readonly executionArn: string }> {
  const world = await givenUpgrade(options);
  return { world, executionArn: await world.start() };
}

/** Stories of the machine; each breaks one thing. When all of a file have passed, it leaves its record. */
export function describeMachine(what: string, stories: () => void): void {
  describe(what, () => {
    let file: RunnerTestFile | undefined;
    afterEach(async ({ task }) => {
      file = task.file;
      for (const { world, isLockFree } of worlds.splice(0)) {
        for (const { executionArn } of await world.all()) {
          recorderOf(task.file.filepath).visited(await world.executions.visits(executionArn));
        }
        await world.close();
        expect(world.target.violations()).toEqual([]);
        expect(world.pendingFaults()).toEqual([]);
        if (isLockFree) expect(await world.state()).toMatchObject({ lock: null, queue: [] });
      }
    });
    stories();
    afterAll(() => {
      if (file !== undefined && havePassed(file.tasks)) {
        leaveRecord(file.filepath, recorderOf(file.filepath).record());
      }
    });
  });
}

function recorderOf(file: string): StoryRecorder {
  const recorder = recorders.get(file) ?? createStoryRecorder();
  recorders.set(file, recorder);
  return recorder;
}

function havePassed(tasks: readonly RunnerTask[]): boolean {
  return tasks.every((task) => (task.type === 'suite' ? havePassed(task.tasks) : task.result?.state === 'pass'));
}

/** The definition without the Catch of one state inside a Map: how an error gets out to the Map itself. */
export function withoutCatch(name: string): Definition {
  function strip(machine: Definition): Definition {
    const states = Object.entries(machine.States).map(([key, state]): [string, State] => {
      const { Catch: caught, ...rest } = state;
      const kept = key === name || caught === undefined ? rest : state;
      const inner = kept.ItemProcessor;
      return [key, inner === undefined ? kept : { ...kept, ItemProcessor: { ...inner, ...strip(inner) } }];
    });
    const all = new Map(states);
    const reachable = new Set([machine.StartAt]);
    for (const key of reachable) for (const next of nextOf(all.get(key))) reachable.add(next);
    return { ...machine, States: Object.fromEntries(states.filter(([key]) => reachable.has(key))) };
  }
  return strip(definition);
}

function nextOf(state: State | undefined): readonly string[] {
  if (state === undefined) return [];
  const next = [state.Next, state.Default, ...(state.Choices ?? []).map((rule) => rule.Next)];
  return [...next, ...(state.Catch ?? []).map((each) => each.Next)].filter((name) => name !== undefined);
}

/** What comes between a round that came to nothing and the next like it. */
export const again = ['NextWave', 'WaitToRetry', 'NextWave'];

export const toPlan = ['Admit', 'AcquireLock', 'Plan'];
export const staged = (hosts: number): string[] => map('Stage', hosts, 'InstallRelease');
export const wave = (hosts: number, states = 'Activate HealthGate'): string[] => map('Wave', hosts, states);
export const reverted = (hosts: number, states = 'RevertHost VerifyRevert'): string[] => map('Revert', hosts, states);
export const settled = (hosts: number, states = 'SettleHost'): string[] => map('Settle', hosts, states);

/** The path after the staging, which comes right after the plan. */
export function afterStage({ path }: Pick<Story, 'path'>): readonly string[] {
  const before = [...toPlan, 'Stage'];
  expect(path.slice(0, before.length)).toEqual(before);
  const hosts = path.slice(before.length).findIndex((line) => !line.startsWith('Stage '));
  return hosts === -1 ? [] : path.slice(before.length + hosts);
}

/** The path ends so; what comes before is another story's. */
export function expectTail(path: readonly string[], tail: readonly string[]): void {
  expect(path.slice(-tail.length)).toEqual(tail);
}

/** A Map with its items, each through these states. */
export function map(name: string, hosts: number, states: string): string[] {
  return [name, ...Array.from({ length: hosts }, (_, index) => `${name} ${index}: ${states}`)];
}
