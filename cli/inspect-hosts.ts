import type { Host, Invocation, Ports } from '../clients/ports.ts';
import type { InspectionAnswer } from '../core/drift/drift-of-host.ts';
import { deliverySeconds } from '../core/host/build-host-command.ts';
import { answerSecondsOfInspect, buildInspectCommand } from '../core/host/build-inspect-command.ts';
import { parseHostInspection } from '../core/model/host-inspection.ts';
import type { World } from './world.ts';

export interface InspectedHost {
  readonly host: Host;
  readonly answer: InspectionAnswer;
}

/** How often SSM is asked; an account has some 10 such calls a second for all that runs in it. */
const askMilliseconds = { embedded: 100, aws: 1000 } as const;

/** Hosts that are asked at a time. */
const hostsAtOnce = 10;

type Told = (answered: number, of: number) => void;

/**
 * Sends `inspect` to every host that is online, and waits for what each says. At Ctrl-C it stops asking, and returns
 * undefined: the scripts end by themselves and leave nothing behind.
 */
export async function inspectHosts(
  world: Pick<World, 'sleep' | 'onInterrupt' | 'uniqueId'>,
  ports: Pick<Ports, 'stage' | 'clock' | 'commands'>,
  hosts: readonly Host[],
  told: Told,
): Promise<readonly InspectedHost[] | undefined> {
  let isInterrupted = false;
  const stopListening = world.onInterrupt(() => {
    isInterrupted = true;
  });
  try {
    const inspected: InspectedHost[] = [];
    for (let start = 0; start < hosts.length && !isInterrupted; start += hostsAtOnce) {
      const some = hosts.slice(start, start + hostsAtOnce);
      const answers = await inspectSome(
        world,
        ports,
        some,
        (answered) => told(start + answered, hosts.length),
        () => isInterrupted,
      );
      inspected.push(...answers);
    }
    return isInterrupted ? undefined : inspected;
  } finally {
    stopListening();
  }
}

async function inspectSome(
  world: Pick<World, 'sleep' | 'uniqueId'>,
  ports: Pick<Ports, 'stage' | 'clock' | 'commands'>,
  hosts: readonly Host[],
  told: (answered: number) => void,
  isInterrupted: () => boolean,
): Promise<readonly InspectedHost[]> {
  const { stage, clock, commands } = ports;
  const document = await commands.document('inspect');
  const id = world.uniqueId();
  const answers = new Map<string, InspectionAnswer>();
  const sent = new Map<string, string>();
  for (const host of hosts) {
    const { instanceId } = host;
    if (host.state !== 'running' || host.ping !== 'Online') {
      answers.set(instanceId, silent(whyOffline(host)));
      continue;
    }
    const { service, region } = stage;
    const result = await commands.send(buildInspectCommand({ instanceId, service, region, id, document }));
    if (result.kind === 'sent') {
      sent.set(instanceId, result.commandId);
    } else {
      answers.set(instanceId, silent(`SSM refused the command: ${result.reason}`));
    }
  }
  const deadline = clock.now() + (deliverySeconds + answerSecondsOfInspect) * 1000;
  told(answers.size);
  while (answers.size < hosts.length && !isInterrupted()) {
    await world.sleep(askMilliseconds[stage.kind]);
    const before = answers.size;
    for (const [instanceId, commandId] of sent) {
      const answer = answerOf(await commands.invocation(commandId, instanceId), clock.now() >= deadline);
      if (answer !== undefined) {
        answers.set(instanceId, answer);
        sent.delete(instanceId);
      }
    }
    if (answers.size > before) {
      told(answers.size);
    }
  }
  return hosts.flatMap((host) => {
    const answer = answers.get(host.instanceId);
    return answer === undefined ? [] : [{ host, answer }];
  });
}

const goingOn: readonly Invocation['status'][] = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

function answerOf(invocation: Invocation | undefined, isOver: boolean): InspectionAnswer | undefined {
  if (invocation === undefined || goingOn.includes(invocation.status)) {
    return isOver ? silent(`no answer within ${deliverySeconds + answerSecondsOfInspect} s`) : undefined;
  }
  const inspection = parseHostInspection(invocation.stdout);
  if (inspection !== undefined) {
    return { kind: 'inspected', inspection };
  }
  const said = invocation.stderr.trim().split('\n').at(-1) ?? '';
  return silent(`the command ended as ${invocation.statusDetails} without a report${said === '' ? '' : `: ${said}`}`);
}

function silent(why: string): InspectionAnswer {
  return { kind: 'silent', why };
}

function whyOffline(host: Host): string {
  if (host.state !== 'running') {
    return `not asked: it is ${host.state}`;
  }
  return `not asked: its SSM agent is ${host.ping === 'absent' ? 'not registered' : 'offline (ConnectionLost)'}`;
}
