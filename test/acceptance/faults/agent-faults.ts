import type { SendFault } from '../../../local/run-command/command-faults.ts';
import { on } from '../local-stage.ts';
import type { PreparedStage } from '../prepared-stage.ts';
import { harmless } from './expectations.ts';
import type { Expected, Fault } from './fault.ts';

const toFirst = { isSimulated: true, deploy: { kind: 'good-release' }, mend: () => undefined } as const;

/** While the host is asked what it runs, after SSM has given the command up: the worst moment. */
const lateSeconds = 62;

/** The next activation of the first host meets this. */
function atActivation({ stage, first }: PreparedStage, fault: SendFault): void {
  stage.engine.faults.givenSend(
    fault,
    (request) => request.instanceId === first.instanceId && request.documentName.endsWith('-activate'),
  );
}

/** Nobody knew what the host had done: it was asked, and the release came on after all. The record keeps what happened. */
const lookedInto: Expected = {
  ...harmless,
  diagnosis: {
    cause: 'delivery-timed-out',
    meaning: /^the agent did not take the command in time: it is stopped, busy or the host hangs$/,
    remedy: /^on the host: systemctl status amazon-ssm-agent/,
    hosts: [0],
  },
};

/** Faults of the SSM agent and of delivery, played by switches of the embedded Run Command. */
export const agentFaults: readonly Fault[] = [
  {
    ...toFirst,
    name: 'command-lost',
    injected: 'the agent never gets the activation',
    inject: (rig) => atActivation(rig, { kind: 'lose-command' }),
    expected: lookedInto,
  },
  {
    ...toFirst,
    name: 'command-run-twice',
    injected: 'the agent runs the activation twice',
    inject: (rig) => atActivation(rig, { kind: 'run-twice' }),
    also: async ({ stage, first }, { startedAt }) => {
      await stage.engine.runCommand.idle();
      const since = `@${Math.floor(startedAt / 1000)}`;
      const script = `journalctl --unit=payment --since=${since} --output=cat | grep -c '^Started payment'`;
      const starts = await on(first, 'sh', '-c', script);
      return starts === '1' ? [] : [`the service was started ${starts} times`];
    },
    expected: harmless,
  },
  {
    ...toFirst,
    name: 'command-late',
    injected: `the agent starts the activation ${lateSeconds} s late; SSM gives it up after 60 s`,
    inject: (rig) => atActivation(rig, { kind: 'start-late', seconds: lateSeconds }),
    also: async ({ stage }) => {
      await stage.engine.runCommand.idle();
      return [];
    },
    expected: lookedInto,
    isAlike: {
      to: 'command-lost',
      why: 'whether a command that was not taken in time comes late or never, nobody can tell',
    },
  },
];
