import { readFileSync } from 'node:fs';
import { runCli } from '../../../cli/program.ts';
import { readStageDirectory } from '../../../clients/aws/stage-directory.ts';
import { createStageInspection } from '../../../clients/aws/stage-inspection.ts';
import type { DifferingHosts, Lock } from '../../../core/model/target-state.ts';
import { keys } from '../../../ledger/keys.ts';
import { type FakeWorld, fakeWorld, givenDeployment, shop } from '../../cli/fake-world.ts';
import { givenConfig, givenReleases, givenStableArtifact, givenState } from '../../cli/given-target.ts';
import { artifactZip } from '../../fakes/artifact-zips.ts';
import { endings, goingOn, oneFailed } from '../../given/recorded-deployments.ts';
import type { Principal } from './check-policies.ts';
import { elsewhere, kindOf } from './elsewhere.ts';
import type { Request } from './iam.ts';
import { reachablePortCallers } from './reachable.ts';
import { type RecordedCalls, recordCalls } from './recorded-calls.ts';
import { distinctRequests, replayAll, sentInEveryMood } from './replay.ts';
import { settings } from './stage.ts';

interface Verb {
  /** Beside OperatorReadPolicy. */
  readonly policies: readonly string[];
  /** Below cli/commands/. */
  readonly file: string;
  readonly lines: readonly (readonly string[])[];
}

/** Only then it starts something without being asked for a certain deployment. */
const whereNothingRuns: readonly string[] = ['--no-wait'];

/** Their verbs write words. */
const filesOfWords: readonly string[] = ['say.ts', 'resume.ts', 'skip.ts', 'retry.ts', 'freeze.ts', 'unlock.ts'];

const ended = endings.Succeeded.deploymentId;
const running = 'd-20261122-203000-bbbbbb';
const halted = 'd-20261122-202000-cccccc';
const degraded = 'd-20261122-202100-dddddd';

const saying = (verb: string): Verb => ({
  policies: [`Operator${verb.charAt(0).toUpperCase()}${verb.slice(1)}Policy`],
  file: 'say.ts',
  lines: [[verb], [verb, ended]],
});

/** Every verb of the command line with the policy that it takes, and command lines that show what it calls. */
export const verbs: Readonly<Record<string, Verb>> = {
  status: { policies: [], file: 'status.ts', lines: [['status'], ['status', ended], ['status', '--watch']] },
  explain: { policies: [], file: 'explain.ts', lines: [['explain'], ['explain', ended]] },
  history: { policies: [], file: 'history.ts', lines: [['history']] },
  releases: { policies: [], file: 'history.ts', lines: [['releases']] },
  plan: { policies: [], file: 'plan.ts', lines: [['plan'], ['plan', 'payment.zip'], ['plan', '--config-only']] },
  doctor: { policies: ['OperatorDoctorPolicy'], file: 'doctor.ts', lines: [['doctor']] },
  drift: { policies: ['OperatorDriftPolicy'], file: 'drift.ts', lines: [['drift']] },
  configure: { policies: ['OperatorDeployPolicy'], file: 'configure.ts', lines: [['configure']] },
  deploy: {
    policies: ['OperatorDeployPolicy'],
    file: 'deploy.ts',
    lines: [
      ['deploy', 'payment.zip'],
      ['deploy'],
      ['deploy', '--release', 'v1'],
      ['deploy', '--version-id', 'upload.1'],
      ['deploy', '--dry-run'],
      ['deploy', '--config-only'],
    ],
  },
  rollback: {
    policies: ['OperatorRollbackPolicy'],
    file: 'rollback.ts',
    lines: [['rollback'], ['rollback', '--to', 'v1']],
  },
  rerun: { policies: ['OperatorRollbackPolicy'], file: 'rerun.ts', lines: [['rerun'], ['rerun', ended]] },
  halt: saying('halt'),
  pause: saying('pause'),
  // A deployment that has ended is gone on with by a new one, which takes the right to start them.
  resume: {
    policies: ['OperatorResumePolicy', 'OperatorRollbackPolicy'],
    file: 'resume.ts',
    lines: [['resume'], ['resume', ended], ['resume', halted], ['resume', ...whereNothingRuns]],
  },
  skip: { policies: ['OperatorSkipPolicy'], file: 'skip.ts', lines: [['skip', 'payment-3']] },
  retry: {
    policies: ['OperatorRetryPolicy', 'OperatorRollbackPolicy'],
    file: 'retry.ts',
    lines: [['retry'], ['retry', degraded]],
  },
  approve: saying('approve'),
  freeze: {
    policies: ['OperatorFreezePolicy'],
    file: 'freeze.ts',
    lines: [['freeze', '--reason', 'sale']],
  },
  unfreeze: { policies: ['OperatorUnfreezePolicy'], file: 'freeze.ts', lines: [['unfreeze']] },
  unlock: { policies: ['OperatorUnlockPolicy'], file: 'unlock.ts', lines: [['unlock']] },
};

/** Each verb as a person who has the policy to read and the one for this verb. */
export async function operatorsAsPrincipals(): Promise<readonly Principal[]> {
  const recorded = recordCalls();
  for (const [verb, { lines }] of Object.entries(verbs)) {
    for (const line of lines) await type(verb, line, recorded);
  }
  const principals: Principal[] = [];
  for (const [verb, { policies, file }] of Object.entries(verbs)) {
    const reachable = await reachablePortCallers(`cli/commands/${file}`);
    // Verbs share files, and each writes below a prefix of its own: there only what was seen counts.
    const mayBe = (through: readonly string[]): boolean =>
      !filesOfWords.includes(file) && through.every((each) => reachable.all.has(each));
    const calls = recorded.calls().filter(({ by, through }) => by.includes(verb) || mayBe(through));
    const requests = [
      ...(await replayAll(calls)),
      ...distinctRequests(await sentInEveryMood(findStage)),
      ...(verb === 'doctor' ? distinctRequests(await sentInEveryMood(inspect)) : []),
    ];
    principals.push({
      name: verb,
      policies: ['OperatorReadPolicy', ...policies],
      requests,
      refused: elsewhere(requests),
    });
  }
  return principals.map((principal) => ({
    ...principal,
    refused: [...principal.refused, ...ofOtherPolicies(principal, principals)],
  }));
}

/** What others change by policies that this one has not got: who may halt can not approve, who may read can not deploy. */
function ofOtherPolicies(principal: Principal, all: readonly Principal[]): readonly Request[] {
  const isOwn = (policies: readonly string[]) => policies.every((id) => principal.policies.includes(id));
  const changes = (each: readonly Principal[]) =>
    each.flatMap((other) => other.requests).filter(({ action }) => !/:(?:Get|List|Describe)/.test(action));
  const own = new Set(changes(all.filter(({ policies }) => isOwn(policies))).map(kindOf));
  return changes(all.filter(({ policies }) => !isOwn(policies))).filter((request) => !own.has(kindOf(request)));
}

/** Functions in some command's bundle that may call ports and of which no command line has shown what. */
export async function unseenOfVerbs(): Promise<readonly string[]> {
  const recorded = recordCalls();
  for (const [verb, { lines }] of Object.entries(verbs)) {
    for (const line of lines) await type(verb, line, recorded);
  }
  const seen = new Set(recorded.calls().flatMap(({ through }) => through));
  const files = new Set(Object.values(verbs).map(({ file }) => `cli/commands/${file}`));
  const reachable = await Promise.all([...files].map(reachablePortCallers));
  return [...new Set(reachable.flatMap(({ direct }) => [...direct]))].filter((each) => !seen.has(each)).sort();
}

async function type(verb: string, line: readonly string[], recorded: RecordedCalls): Promise<void> {
  const fake = await givenFake(verb, line);
  const world = { ...fake.world, connect: async () => recorded.record(verb, fake.ports) };
  await runCli(line, world);
}

/** The configuration with an alarm in it. */
const watched = readFileSync('services/payment.yml', 'utf8').replace('alarms: []', 'alarms: [payment-5xx]');

/** A target with two releases; a verb that speaks to a deployment finds one that runs. */
async function givenFake(verb: string, line: readonly string[]): Promise<FakeWorld> {
  const fake = fakeWorld();
  const isSaying = ['halt', 'pause', 'resume', 'approve', 'skip', 'retry'].includes(verb);
  const isRunning = !whereNothingRuns.every((word) => line.includes(word));
  const isLocked = isRunning && (isSaying || verb === 'doctor' || verb === 'unlock');
  const freeze = verb === 'unfreeze' ? { by: 'bob', at: '2026-11-22T20:30:00.000Z', reason: 'sale' } : null;
  givenState(fake.ledger, { stable: [1, 2], freeze, differing, ...(isLocked ? { lock } : {}) });
  if (verb !== 'configure') givenConfig(fake.ledger, watched);
  fake.files.set('services/payment.yml', Buffer.from(watched));
  fake.alarms = [{ name: 'payment-5xx', state: 'OK', reason: '' }];
  givenReleases(fake.ledger, 1, 2);
  await givenStableArtifact(fake, 2, await artifactZip(2));
  givenDeployment(fake.ledger, endings.Succeeded);
  if (isSaying) givenDeployment(fake.ledger, verb === 'retry' ? oneFailed : goingOn.awaitingApproval, running);
  givenDeployment(fake.ledger, endings.Halted, halted);
  givenDeployment(fake.ledger, endings.Degraded, degraded);
  if (verb === 'resume') {
    const pause = { by: 'bob', at: '2026-11-22T20:45:51.000Z', reason: '' };
    fake.ledger.given(keys.control('payment', 'pause', running, pause), pause);
  }
  fake.files.set('payment.zip', await artifactZip(3));
  await fake.ports.artifacts.upload(await artifactZip(4));
  for (const { instanceId } of shop) fake.answers.set(instanceId, { kind: 'answered', invocation: { stdout: '' } });
  fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);
  return fake;
}

/** A host that is none of the target any more: whoever reads this asks for the hosts of the target. */
const differing: DifferingHosts = {
  'i-0000000000000000f': { runs: 'v3-x', since: '2026-11-22T20:30:00.000Z', by: halted, why: 'Halted' },
};

const lock: Lock = {
  ...{
    deploymentId: running,
    executionArn: 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:person-1',
  },
  fence: 1,
  acquiredAt: '2026-11-22T20:30:00.000Z',
  by: 'bob',
  purpose: 'rollout',
  repairs: 0,
  isRollback: false,
};

/** What every verb begins with on AWS. The credentials are asked for, and never used. */
async function findStage(): Promise<void> {
  const own = { AWS_REGION: settings.region, AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
  const before = Object.fromEntries(Object.keys(own).map((name) => [name, process.env[name]]));
  Object.assign(process.env, own);
  try {
    await readStageDirectory({ service: settings.service, stage: settings.stage });
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

async function inspect(): Promise<void> {
  const inspection = createStageInspection({ ...settings, version: '0.0.0' });
  await inspection.inspect({ instanceIds: ['i-0000000000000000a'], parameters: ['/payment/prod/AMQP_PASS'] });
}
