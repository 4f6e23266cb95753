import { stableRelease } from '../../../core/model/target-state.ts';
import type { SendFault } from '../../../local/run-command/command-faults.ts';
import type { World } from '../../fakes/world.ts';
import type { ChronicleWriter } from './chronicle.ts';
import { type CommandFault, type Deed, lateCommandSeconds, lateEventSeconds } from './history.ts';

/** Does it, in the world; what it is about may not be there, and then nothing happens. */
export async function performAct(world: World, chronicle: ChronicleWriter, deed: Deed): Promise<void> {
  switch (deed.kind) {
    case 'upload':
      return upload(world, deed);
    case 'upload-event-again': {
      const version = (await world.artifacts.versions())[deed.fromNewest - 1];
      if (version !== undefined) world.uploadEvent(version);
      return;
    }
    case 'deploy': {
      const release = deed.what === 'newest' ? undefined : await releaseOf(world, deed.what);
      const hosts = deed.hosts === null ? {} : { hosts: [...deed.hosts].map(world.idOf) };
      await world.start({ ...(release === undefined ? {} : { release }), ...hosts });
      return;
    }
    case 'rollback':
      await world.start({ rollback: true, ...(deed.isToFirst ? { release: 'v1' } : {}) });
      return;
    case 'resume':
    case 'retry': {
      const last = chronicle.ends.at(-1);
      if (last !== undefined) await world.start({ [deed.kind]: last.deploymentId });
      return;
    }
    case 'repair-hosts': {
      const dirty = chronicle.ends.at(-1)?.outcome.hosts.filter((host) => host.status === 'dirty') ?? [];
      const hosts = dirty.map((host) => host.instanceId);
      if (hosts.length > 0) await world.start({ release: await releaseOf(world, 'stable'), hosts });
      return;
    }
    case 'repair-holder': {
      const holder = await holderOf(world);
      if (holder !== undefined) await world.start({ repair: holder });
      return;
    }
    case 'halt':
    case 'pause':
    case 'go-on':
    case 'approve':
    case 'skip':
    case 'retry-host':
      return say(world, deed);
    case 'freeze':
    case 'unfreeze':
      return world.say(deed.kind, 'target');
    case 'stop': {
      const { lock, queue } = await world.state();
      const executionArn = (deed.whom === 'holder' ? lock : queue[0])?.executionArn;
      if (executionArn !== undefined) await world.executions.stop(executionArn, 'Stopped', 'in the console');
      return;
    }
    case 'kill':
      return world.whenCalled(deed.calls, () => {
        chronicle.note('the process of the functions dies');
        world.kill();
      });
    case 'function-dies':
      return world.givenFunctionFault(deed.name, 'TypeError', { times: deed.times, after: deed.isAfter });
    case 'call-fails':
      return world.faults.given(deed.call, { kind: deed.fault }, { times: deed.times });
    case 'command-goes-wrong':
      return world.commandFaults.givenSend(
        sendFaultOf(deed.fault),
        ({ instanceId, documentName }) =>
          instanceId === world.idOf(deed.host) && documentName.endsWith(`-${deed.document}`),
      );
    case 'host-fails':
      return world.target.fleet.givenFault(world.idOf(deed.host), deed.action, deed.fault, deed.times);
    case 'events-lost':
    case 'events-back':
      return world.givenEventsLost(deed.name, deed.kind === 'events-lost');
    case 'power-off':
    case 'power-on': {
      chronicle.disturbed(deed.host);
      const host = world.target.fleet.host(world.idOf(deed.host));
      return deed.kind === 'power-on' ? host.powerOn() : host.powerOff();
    }
    case 'service-stops': {
      chronicle.disturbed(deed.host);
      const host = world.target.fleet.host(world.idOf(deed.host));
      if (host.state().running !== 'none') host.given({ isActive: false, mainPid: 0 });
      return;
    }
  }
}

async function upload(world: World, deed: Extract<Deed, { readonly kind: 'upload' }>): Promise<void> {
  const number = (await world.artifacts.versions()).length + 1;
  if (deed.heard === 'at-once' || deed.heard === 'twice') {
    const version = await world.upload(number, deed.behaviour);
    if (deed.heard === 'twice') world.uploadEvent(version);
    return;
  }
  const version = await world.givenUpload(number, deed.behaviour);
  if (deed.heard === 'late') world.time.schedule(lateEventSeconds * 1000, () => world.uploadEvent(version));
}

async function say(
  world: World,
  deed: Extract<Deed, { readonly kind: 'halt' | 'pause' | 'go-on' | 'approve' | 'skip' | 'retry-host' }>,
): Promise<void> {
  const holder = await holderOf(world);
  if (holder === undefined) return;
  switch (deed.kind) {
    case 'halt':
      return world.say('halt', holder, { isKept: deed.isKept });
    case 'pause':
    case 'approve':
      return world.say(deed.kind, holder);
    case 'go-on':
      return world.say('resume', holder);
    case 'skip':
      return world.say('skip', holder, { hosts: [world.idOf(deed.host)] });
    case 'retry-host':
      return world.say('retry', holder, { hosts: [world.idOf(deed.host)] });
  }
}

async function holderOf(world: World): Promise<string | undefined> {
  return (await world.state()).lock?.deploymentId;
}

async function releaseOf(world: World, what: 'stable' | 'first'): Promise<string> {
  return what === 'first' ? 'v1' : `v${stableRelease(await world.state())?.release ?? 1}`;
}

function sendFaultOf(fault: CommandFault): SendFault {
  switch (fault) {
    case 'late':
      return { kind: 'start-late', seconds: lateCommandSeconds };
    case 'lose-result':
      return { kind: 'lose-result', runs: true };
    case 'invisible':
      return { kind: 'invisible', looks: 2 };
    default:
      return { kind: fault };
  }
}
