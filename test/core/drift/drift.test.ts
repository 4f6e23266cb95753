import { describe, expect, it } from 'vitest';
import { driftOfHost, type HostDriftFacts } from '../../../core/drift/drift-of-host.ts';
import { expectedRelease } from '../../../core/drift/expected-release.ts';
import { driftSentences, untoldSentences } from '../../../core/drift/sentences.ts';
import { buildInspectCommand } from '../../../core/host/build-inspect-command.ts';
import type { SeenHost } from '../../../core/model/convergence.ts';
import {
  driftKinds,
  type HostInspection,
  parseHostInspection,
  untoldKinds,
} from '../../../core/model/host-inspection.ts';
import type { StableEntry } from '../../../core/model/target-state.ts';
import { hostInspection } from '../../given/host-reports.ts';
import { lockOf } from '../../given/lock.ts';

const instanceId = 'i-0000000000000000a';
const [v1, v2, v3] = ['v1-aaaaaaaaaaaa', 'v2-bbbbbbbbbbbb', 'v3-cccccccccccc'] as const;
const at = (minute: number): string => `2026-11-22T20:${minute}:00.000Z`;

function stable(releaseId: string, minute: number): StableEntry {
  const release = Number(releaseId.slice(1, 2));
  return { release, releaseId, deploymentId: `d-of-${releaseId}`, at: at(minute), isRollback: false };
}

function seen(running: string, minute: number, more: Partial<SeenHost> = {}): Readonly<Record<string, SeenHost>> {
  return { [instanceId]: { running, isRight: true, deploymentId: `d-seen-${minute}`, at: at(minute), ...more } };
}

const inspection = hostInspection(v2);
const lock = lockOf('d-running', { acquiredAt: at(50) });

function facts(change: Partial<HostInspection> = {}, more: Partial<HostDriftFacts> = {}): HostDriftFacts {
  return {
    instanceId,
    name: 'payment-1',
    answer: { kind: 'inspected', inspection: { ...inspection, ...change } },
    state: { stableHistory: [stable(v1, 10), stable(v2, 20)], lock: null },
    convergence: { seen: seen(v2, 20), waiting: {} },
    ...more,
  };
}

describe('what a host should run', () => {
  it.each<[what: string, history: readonly StableEntry[], last: Readonly<Record<string, SeenHost>>, expected: unknown]>(
    [
      ['nothing was ever deployed', [], {}, undefined],
      ['it was never seen: the stable release', [stable(v2, 20)], {}, { releaseId: v2, because: { kind: 'stable' } }],
      [
        'the stable release was left on it',
        [stable(v2, 20)],
        seen(v2, 20),
        { releaseId: v2, because: { kind: 'stable' } },
      ],
      [
        'it was left out when the stable release came: the stable release all the same',
        [stable(v1, 10), stable(v2, 20)],
        seen(v1, 10),
        { releaseId: v2, because: { kind: 'stable' } },
      ],
      [
        'a deployment to it alone came later: what that left',
        [stable(v2, 20)],
        seen(v3, 30),
        { releaseId: v3, because: { kind: 'left', deploymentId: 'd-seen-30' } },
      ],
      [
        'a later deployment left it as it should not be: the stable release',
        [stable(v2, 20)],
        seen(v3, 30, { isRight: false }),
        { releaseId: v2, because: { kind: 'stable' } },
      ],
      [
        'nothing is stable yet: what was left on it',
        [],
        seen('v0', 30),
        { releaseId: 'v0', because: { kind: 'left', deploymentId: 'd-seen-30' } },
      ],
    ],
  )('%s', (_what, stableHistory, last, expected) => {
    expect(expectedRelease(instanceId, { stableHistory }, { seen: last })).toEqual(expected);
  });
});

describe('the drift of a host', () => {
  it('is none where it runs what it should and nothing was found', () => {
    expect(driftOfHost(facts())).toEqual({
      instanceId,
      name: 'payment-1',
      isSimulated: false,
      verdict: 'as-recorded',
      runs: 'v2',
      shouldRun: 'v2',
      drift: [],
      notes: [],
    });
  });

  it.each([
    [v1, 'runs v1, and should run v2, which is stable'],
    ['v0', 'runs a unit that Rollgate did not write, and should run v2, which is stable'],
    ['none', 'runs nothing, and should run v2, which is stable'],
  ])('is another release: %s', (running, says) => {
    expect(driftOfHost(facts({ running }))).toMatchObject({
      verdict: 'drifted',
      drift: [
        {
          kind: 'release-differs',
          says,
          next: `rollgate deploy --release v2 --hosts ${instanceId}`,
          does: 'brings v2 to payment-1 and restarts it through its gate',
        },
      ],
    });
  });

  it('is one line for each kind, with all its places, and one command', () => {
    const findings = ['a.py', 'b.py'].map((what) => ({ kind: 'code-changed' as const, what }));
    const disabled = { kind: 'unit-disabled' as const, what: 'disabled' };

    expect(driftOfHost(facts({ findings: [...findings, disabled], more: { 'code-changed': 12 } })).drift).toEqual(
      [
        { kind: 'unit-disabled', says: 'the unit is disabled: it would not start with the host' },
        { kind: 'code-changed', says: 'code was changed by hand: a.py, b.py and 12 more' },
      ].map((each) => ({
        ...each,
        next: `rollgate deploy --release v2 --hosts ${instanceId}`,
        does: 'puts it back as v2 was installed, and restarts payment-1 through its gate where that takes one',
      })),
    );
  });

  it.each([
    [
      'secret-rotated',
      'AMQP_PASS: version 3 was read, version 4 is the newest',
      'rollgate deploy --config-only',
      'gives every host the secrets of today, and restarts those whose are other ones, through their gates',
    ],
    [
      'drop-in',
      '/etc/systemd/system/payment.service.d/nice.conf',
      'sudo rm /etc/systemd/system/payment.service.d/nice.conf && sudo systemctl daemon-reload && sudo systemctl restart payment.service',
      'on payment-1: Rollgate leaves drop-ins alone; keep it, or take it away so',
    ],
  ] as const)('has a command of its own for %s', (kind, what, next, does) => {
    expect(driftOfHost(facts({ findings: [{ kind, what }] })).drift).toEqual([
      { kind, says: driftSentences[kind](what), next, does },
    ]);
  });

  it('is not another release that a deployment to this host alone left there', () => {
    const apart = { convergence: { seen: seen(v3, 30), waiting: {} } };

    expect(driftOfHost(facts({ running: v3 }, apart))).toMatchObject({
      verdict: 'as-recorded',
      shouldRun: 'v3',
      drift: [],
      notes: ['v3 was left here by d-seen-30; v2 is stable'],
    });
  });

  it('is not another release while a deployment runs; what was changed by hand is all the same', () => {
    const running = { state: { ...facts().state, lock } };
    const found = { findings: [{ kind: 'code-added' as const, what: 'x.py' }] };

    expect(driftOfHost(facts({ running: v3 }, running))).toMatchObject({
      verdict: 'changing',
      drift: [],
      notes: ['d-running changes the target now: look again when it has ended'],
    });
    expect(driftOfHost(facts(found, running))).toMatchObject({ verdict: 'drifted', drift: [{ kind: 'code-added' }] });
  });

  it('is not told of a host that is just being activated; one that is being staged is compared', () => {
    const running = { state: { ...facts().state, lock } };
    const found = { findings: [{ kind: 'not-active' as const, what: 'inactive (dead)' }] };

    expect(driftOfHost(facts({ ...found, atWork: 'activate' }, running))).toMatchObject({
      verdict: 'changing',
      drift: [],
      notes: [
        'the activate script of d-running is at work on it',
        'd-running changes the target now: look again when it has ended',
        'the service does not run: inactive (dead)',
      ],
    });
    expect(driftOfHost(facts({ ...found, atWork: 'install' }, running))).toMatchObject({ verdict: 'drifted' });
  });

  it('is no drift that something was not recorded, or could not be read', () => {
    const findings = [
      { kind: 'not-recorded' as const, what: 'its code' },
      { kind: 'secret-unread' as const, what: 'AMQP_PASS: AccessDeniedException' },
    ];

    expect(driftOfHost(facts({ findings }))).toMatchObject({
      verdict: 'as-recorded',
      notes: [
        'not recorded: its code; it was installed before Rollgate kept such records, the next release has them',
        'whether a secret was rotated could not be told: AMQP_PASS: AccessDeniedException',
      ],
    });
  });

  it('is not known of a host that does not answer', () => {
    expect(driftOfHost(facts({}, { answer: { kind: 'silent', why: 'not asked: it is stopped' } }))).toMatchObject({
      verdict: 'silent',
      runs: null,
      shouldRun: 'v2',
      drift: [],
      notes: ['not asked: it is stopped'],
    });
  });
});

describe('the report of inspect', () => {
  it('is read with every kind that there is, and each has a sentence', () => {
    const kinds = [...driftKinds, ...untoldKinds];
    const findings = kinds.map((kind) => ({ kind, what: 'x' }));

    expect(parseHostInspection(JSON.stringify({ ...inspection, findings }))).toEqual({ ...inspection, findings });
    expect(Object.keys({ ...driftSentences, ...untoldSentences })).toEqual(kinds);
    for (const sentence of Object.values({ ...driftSentences, ...untoldSentences }))
      expect(sentence('x')).toContain('x');
  });

  it.each(['', '{', '{"schema":2}', JSON.stringify({ ...inspection, findings: [{ kind: 'new', what: 'x' }] })])(
    'is none: %j',
    (stdout) => {
      expect(parseHostInspection(stdout)).toBeUndefined();
    },
  );
});

describe('the command of inspect', () => {
  const asked = { service: 'payment', region: 'eu-west-1', id: 'unique-1', document: { version: '3', hash: 'f' } };

  it('has neither key nor fence', () => {
    expect(buildInspectCommand({ instanceId, ...asked })).toEqual({
      instanceId,
      document: 'inspect',
      documentVersion: '3',
      documentHash: 'f',
      deliverySeconds: 60,
      comment: 'rollgate inspect unique-1',
      parameters: { service: 'payment', region: 'eu-west-1' },
    });
  });

  it('is refused with parameters that the document would not take', () => {
    expect(() => buildInspectCommand({ ...asked, instanceId: 'x', region: '$(reboot)' })).toThrow(
      'inspect: instanceId "x" is no instance id; region "$(reboot)" does not match',
    );
  });
});
