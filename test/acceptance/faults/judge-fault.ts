import type { DeploymentOutcome } from '../../../core/model/deployment-records.ts';
import type { ExplainView } from '../../../core/views/explain-view.ts';
import type { Sight } from '../prepared-stage.ts';
import type { Expected } from './fault.ts';

/** One fault as it went: what was recorded, what `rollgate explain` says, and the target before and after. */
export interface SeenFault {
  /** `v7` */
  readonly release: string;
  readonly outcome: DeploymentOutcome;
  readonly explained: ExplainView;
  /** `rollgate explain`, as it is printed. */
  readonly printed: string;
  readonly before: Sight;
  readonly after: Sight;
  /** Instance ids and names of the hosts, in the order of the catalogue's positions. */
  readonly hosts: readonly { readonly instanceId: string; readonly name: string }[];
}

/** Everything that is not as the catalogue says, a sentence each; nothing where all is. */
export function judgeFault(expected: Expected, seen: SeenFault): readonly string[] {
  return [...judgeEnd(expected, seen), ...judgeDiagnoses(expected, seen), ...judgeTarget(expected, seen)];
}

function judgeEnd(expected: Expected, { release, outcome, explained, printed }: SeenFault): readonly string[] {
  const { text } = outcome.reason;
  const meaning = explained.hosts.find((host) => host.diagnosis !== null)?.diagnosis?.meaning ?? '';
  return [
    ...differs('it ended', expected.end, outcome.status),
    ...differs('the first line is', expected.firstLine({ meaning, release }), text),
    ...(printed.includes(text) ? [] : ['explain does not print the first line']),
  ];
}

function judgeDiagnoses(expected: Expected, { outcome, explained, printed, hosts }: SeenFault): readonly string[] {
  const { diagnosis } = expected;
  return hosts.flatMap(({ instanceId, name }, position) => {
    const recorded = outcome.hosts.find((host) => host.instanceId === instanceId)?.diagnosis ?? null;
    const shown = explained.hosts.find((host) => host.instanceId === instanceId)?.diagnosis ?? null;
    const isMeant = diagnosis?.hosts.includes(position) === true;
    if (!isMeant || diagnosis === null) {
      return [recorded, shown].flatMap((each) => (each === null ? [] : [`${name} has ${each.cause}: ${each.meaning}`]));
    }
    if (recorded === null || shown === null) {
      return [`${name} has no diagnosis ${recorded === null ? 'in the record' : 'in explain'}`];
    }
    const isPrinted = printed.includes(`${shown.cause}: ${shown.meaning}`);
    return [
      ...differs(`the cause of ${name} in the record`, diagnosis.cause, recorded.cause),
      ...differs(`the cause of ${name} in explain`, diagnosis.cause, shown.cause),
      ...unlike(`the meaning for ${name}`, diagnosis.meaning, shown.meaning),
      ...unlike(`the remedy for ${name}`, diagnosis.remedy, shown.remedy),
      ...(isPrinted ? [] : [`explain does not print the cause and the meaning of ${name}`]),
    ];
  });
}

function judgeTarget(expected: Expected, { before, after, hosts }: SeenFault): readonly string[] {
  const silent = expected.silent ?? [];
  const stable = before.stable === after.stable ? 'unchanged' : 'moved';
  return [
    ...hosts.flatMap(({ name }, position) => [
      ...differs(
        `the service of ${name} is`,
        expected.touched.includes(position) ? 'another process' : 'the same process',
        before.pids[position] === after.pids[position] ? 'the same process' : 'another process',
      ),
      ...differs(
        `${name} is`,
        silent.includes(position) ? 'silent' : 'serving',
        after.healthy[position] === true ? 'serving' : 'silent',
      ),
    ]),
    ...(after.isLocked ? ['the lock is held'] : []),
    ...differs('stable has', expected.movesStable === true ? 'moved' : 'unchanged', stable),
  ];
}

function differs(what: string, expected: string, found: string): readonly string[] {
  return expected === found ? [] : [`${what} ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
}

function unlike(what: string, expected: RegExp, found: string): readonly string[] {
  return expected.test(found) ? [] : [`${what} is not like ${expected}: ${found}`];
}
