import type { Act, Deed, History, Setting } from './history.ts';
import { createRandom, type Random } from './random.ts';

/** The history of this seed: the same one every time. */
export function generateHistory(seed: number): History {
  const random = createRandom(seed);
  const setting = anySetting(random);
  const episodes = Array.from({ length: random.whole(2, 4) }, (_, index) => anyEpisode(random, setting, index === 0));
  return { seed, setting, acts: episodes.flat() };
}

function anySetting(random: Random): Setting {
  return {
    hosts: random.pick(['ab', 'abc', 'abc', 'abcd']),
    rollout: {
      maxUnavailable: random.pick([1, 1, 1, 2]),
      maxFailedHosts: random.pick([0, 0, 1]),
      bakeSeconds: random.pick([0, 0, 0, 30]),
      offlineHosts: random.pick(['fail', 'skip']),
    },
  };
}

/**
 * What will go wrong, a request that meets it, and what is said and done while that is under way. The next episode begins
 * in the middle of it, or when it is over.
 */
function anyEpisode(random: Random, setting: Setting, isFirst: boolean): readonly Act[] {
  const pause = isFirst ? 0 : random.pick([random.whole(0, 10), random.whole(10, 90), random.whole(200, 400)]);
  const mishaps = Array.from({ length: random.whole(0, 2) }, () => anyMishap(random, setting)).flat();
  const request = isFirst ? anyUpload(random) : anyRequest(random, setting);
  const meanwhile = Array.from({ length: random.whole(0, 2) }, () => anyIntervention(random, setting));
  return [
    ...[...mishaps, request].map((deed, index) => ({ ...deed, afterSeconds: index === 0 ? pause : 0 })),
    ...meanwhile.map((deed) => ({ ...deed, afterSeconds: random.whole(1, 60) })),
    ...anyAftermath(random, setting, mishaps),
  ];
}

/** Where a host may have been left down, somebody often deploys to others. */
function anyAftermath(random: Random, { hosts }: Setting, mishaps: readonly Deed[]): readonly Act[] {
  const stuck = mishaps.find((deed) => deed.kind === 'host-fails' && deed.action === 'revert');
  if (stuck === undefined || !('host' in stuck) || random.chance(0.5)) return [];
  const others = someOf(random, hosts.replace(stuck.host, ''));
  return [{ kind: 'deploy', what: 'newest', hosts: others, afterSeconds: random.whole(60, 150) }];
}

function anyMishap(random: Random, setting: Setting): readonly Deed[] {
  return random.pick<(random: Random, setting: Setting) => readonly Deed[]>([
    () => [anyHostFault(random, setting)],
    () => [anyHostFault(random, setting)],
    anyStuckHost,
    anyStuckHost,
    () => [anyCommandFault(random, setting)],
    () => [anyCommandFault(random, setting)],
    () => [anyCallFault(random)],
    () => [anyFunctionFault(random)],
    () => [anyEventLoss(random)],
    () => [anyKill(random)],
    () => [{ kind: 'events-lost', name: 'OnExecutionStatus' }, anyKill(random)],
  ])(random, setting);
}

/** A host that does not pass, and can be put back neither at once nor at the second try. */
function anyStuckHost(random: Random, { hosts }: Setting): readonly Deed[] {
  const host = oneOf(random, hosts);
  const fault = random.pick(['start-failed', 'start-failed', 'stop-failed', 'lost-command', 'offline-after'] as const);
  return [
    { kind: 'host-fails', host, action: 'verify', fault: 'http-failed', times: 1 },
    { kind: 'host-fails', host, action: 'revert', fault, times: random.pick([1, 2, 2, 3]) },
  ];
}

function anyIntervention(random: Random, setting: Setting): Deed {
  return random.pick([anyWord, anyWord, anyWord, anyRequest, anyRequest, anyOfWorld, anyStop])(random, setting);
}

function anyRequest(random: Random, { hosts }: Setting): Deed {
  return random.pick<() => Deed>([
    () => anyUpload(random),
    () => anyUpload(random),
    () => anyUpload(random),
    () => ({ kind: 'upload-event-again', fromNewest: random.whole(1, 2) }),
    () => ({ kind: 'deploy', what: random.pick(['newest', 'stable', 'first']), hosts: null }),
    () => ({ kind: 'deploy', what: random.pick(['newest', 'stable', 'first']), hosts: someOf(random, hosts) }),
    () => ({ kind: 'deploy', what: 'newest', hosts: someOf(random, hosts) }),
    () => ({ kind: 'deploy', what: 'newest', hosts: someOf(random, hosts) }),
    () => ({ kind: 'rollback', isToFirst: random.chance(0.2) }),
    () => ({ kind: 'rollback', isToFirst: false }),
    () => ({ kind: random.pick(['resume', 'retry']) }),
    () => ({ kind: 'repair-hosts' }),
  ])();
}

function anyUpload(random: Random): Deed {
  return {
    kind: 'upload',
    behaviour: random.pick([
      ...(['well', 'well', 'well', 'well', 'well', 'app-load-failed', 'unhealthy', 'pip-failed'] as const),
    ]),
    heard: random.pick(['at-once', 'at-once', 'at-once', 'at-once', 'twice', 'late', 'never']),
  };
}

function anyWord(random: Random, { hosts }: Setting): Deed {
  return random.pick<() => Deed>([
    () => ({ kind: 'halt', isKept: random.chance(0.5) }),
    () => ({ kind: 'halt', isKept: random.chance(0.5) }),
    () => ({ kind: random.pick(['pause', 'go-on', 'go-on', 'approve']) }),
    () => ({ kind: random.pick(['skip', 'retry-host']), host: oneOf(random, hosts) }),
    () => ({ kind: random.pick(['freeze', 'unfreeze', 'unfreeze']) }),
  ])();
}

function anyStop(random: Random): Deed {
  return random.pick<Deed>([
    { kind: 'stop', whom: 'holder' },
    { kind: 'stop', whom: 'waiting' },
    { kind: 'repair-holder' },
  ]);
}

/** Often while the request is still being admitted, of which so few calls are part. */
function anyKill(random: Random): Deed {
  return { kind: 'kill', calls: random.pick([random.whole(1, 25), random.whole(1, 300)]) };
}

function anyFunctionFault(random: Random): Deed {
  return {
    kind: 'function-dies',
    name: random.pick([
      ...(['AdmitDeployment', 'AcquireLock', 'PlanRollout', 'RunHostStep', 'DecideNextWave'] as const),
      ...(['FinishDeployment', 'OnArtifactUploaded', 'OnCommandStatus', 'OnExecutionStatus', 'SweepLocks'] as const),
    ]),
    times: random.whole(1, 3),
    isAfter: random.chance(0.4),
  };
}

function anyEventLoss(random: Random): Deed {
  return {
    kind: random.pick(['events-lost', 'events-lost', 'events-back']),
    name: random.pick(['OnCommandStatus', 'OnExecutionStatus', 'OnControlWritten', 'OnInstanceRunning']),
  };
}

function anyCallFault(random: Random): Deed {
  return {
    kind: 'call-fails',
    call: random.pick([
      ...(['ledger.read', 'ledger.create', 'ledger.replace', 'ledger.put', 'ledger.list'] as const),
      ...(['commands.send', 'commands.invocation', 'commands.find', 'artifacts.versions'] as const),
      ...(['executions.taskSucceeded', 'executions.start', 'executions.describe'] as const),
    ]),
    fault: random.pick(['throttle', 'lose-response', 'repeat']),
    times: random.whole(1, 3),
  };
}

function anyCommandFault(random: Random, { hosts }: Setting): Deed {
  return {
    kind: 'command-goes-wrong',
    document: random.pick(['install', 'activate', 'activate', 'activate', 'verify', 'settle']),
    host: oneOf(random, hosts),
    fault: random.pick([
      ...(['throttle', 'lose-response', 'lose-command', 'lose-result', 'run-twice', 'late', 'invisible'] as const),
    ]),
  };
}

function anyHostFault(random: Random, { hosts }: Setting): Deed {
  return {
    kind: 'host-fails',
    host: oneOf(random, hosts),
    action: random.pick(['install', 'activate', 'activate', 'verify', 'verify', 'revert', 'verifyRevert', 'settle']),
    fault: random.pick([
      ...(['offline', 'offline-after', 'lost-command', 'lost-result', 'timed-out', 'no-report'] as const),
      ...(['start-failed', 'start-failed', 'stop-failed', 'http-failed', 'late-refused', 'internal'] as const),
      ...(['upstream-unreachable', 'amqp-auth-failed', 'permission-denied'] as const),
    ]),
    times: random.pick([1, 1, 2]),
  };
}

function anyOfWorld(random: Random, { hosts }: Setting): Deed {
  const host = oneOf(random, hosts);
  return random.pick<Deed>([
    { kind: 'power-off', host },
    { kind: 'power-on', host },
    { kind: 'power-on', host },
    { kind: 'service-stops', host },
  ]);
}

/** The first host is the first of most waves, and meets most of what happens. */
function oneOf(random: Random, hosts: string): string {
  return hosts.charAt(random.chance(0.4) ? 0 : random.whole(0, hosts.length - 1));
}

/** At least one, and not all of several. */
function someOf(random: Random, hosts: string): string {
  const kept = [...hosts].filter(() => random.chance(0.5)).slice(0, Math.max(1, hosts.length - 1));
  return kept.length === 0 ? oneOf(random, hosts) : kept.join('');
}
