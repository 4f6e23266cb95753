import { renderCauses } from '../../../cli/render/render-explain.ts';
import { plainStyle } from '../../../cli/render/style.ts';
import type { Diagnosis } from '../../../core/model/diagnosis.ts';
import { releaseName } from '../../../core/model/release-manifest.ts';
import type { DeploymentEnd } from '../../../core/model/statuses.ts';
import { explainView } from '../../../core/views/explain-view.ts';
import { changeState } from '../../../ledger/lock/target-state.ts';
import { readDeployment } from '../../../ledger/rollout/deployment-history.ts';
import type { Ended } from '../local-stage.ts';
import { look, otherGoodRelease, type PreparedStage, shortGate, untilWell } from '../prepared-stage.ts';
import type { EndedFault, Fault, FaultDeployment } from './fault.ts';
import { judgeFault } from './judge-fault.ts';

/** What one fault came to. */
export interface FaultResult {
  readonly name: string;
  readonly injected: string;
  readonly isSimulated: boolean;
  /** Null where the deployment never ended. */
  readonly end: DeploymentEnd | null;
  readonly firstLine: string | null;
  /** As `rollgate explain` gives it for the first host that has one; null where no host has any. */
  readonly diagnosis: Diagnosis | null;
  /** What to type, for each host that was left as it should not be. */
  readonly repairs: readonly string[];
  readonly seconds: number;
  /** What is not as expected; none where all is. */
  readonly problems: readonly string[];
  /** The target was not well afterwards: the next fault needs another stage. */
  readonly isStageSpoilt: boolean;
}

/** A host whose service is just being converged needs a rollout of its own to be well again. */
const mendSeconds = 180;

/** Longer than any deployment of the catalogue takes. */
const endSeconds = 300;

/** Injects a fault, lets a deployment meet it, holds what came of it against the catalogue, and mends it again. */
export async function tryFault(rig: PreparedStage, fault: Fault): Promise<FaultResult> {
  const { name, injected, isSimulated } = fault;
  const startedAt = Date.now();
  const nothing = { end: null, firstLine: null, diagnosis: null, repairs: [] };
  const met = await meet(rig, fault).catch((error: unknown) => ({ ...nothing, problems: [textOf(error)] }));
  const unmended = await mend(rig, fault);
  return {
    name,
    injected,
    isSimulated,
    ...met,
    seconds: (Date.now() - startedAt) / 1000,
    problems: [...met.problems, ...unmended],
    isStageSpoilt: unmended.length > 0,
  };
}

type Met = Omit<FaultResult, 'name' | 'injected' | 'isSimulated' | 'seconds' | 'isStageSpoilt'>;

async function meet(rig: PreparedStage, fault: Fault): Promise<Met> {
  const { stage } = rig;
  const before = await look(rig);
  const goodRelease = await otherGoodRelease(rig);
  await fault.inject(rig);
  const startedAt = Date.now();
  const { executionArn } = await start(rig, fault, goodRelease);
  const ending = inTime(stage.ended(executionArn));
  // Where the meantime fails first, nobody waits for the end any more.
  ending.catch(() => undefined);
  await fault.meanwhile?.(rig, { executionArn });
  const ended = await ending;
  const after = await look(rig);
  const record = await readDeployment(stage.engine.ports, ended.deploymentId);
  if (record === undefined) throw new Error(`${ended.deploymentId} has no record`);
  const explained = explainView(record);
  const printed = renderCauses(explained, plainStyle).join('\n');
  const { outcome } = ended;
  const release = releaseName(record.admitted?.release.number ?? 0);
  const { hosts } = rig;
  const shown = explained.hosts.find((host) => host.diagnosis !== null);
  return {
    end: outcome.status,
    firstLine: outcome.reason.text,
    diagnosis: shown?.diagnosis ?? null,
    repairs: outcome.hosts.flatMap(({ repair }) => (repair === null ? [] : [repair])),
    problems: [
      ...judgeFault(fault.expected, { release, outcome, explained, printed, before, after, hosts }),
      ...((await fault.also?.(rig, endedFault(ended, startedAt))) ?? []),
    ],
  };
}

/** The end of a deployment, or an error where it does not come. */
function inTime(ending: Promise<Ended>): Promise<Ended> {
  const late = Promise.withResolvers<Ended>();
  const timer = setTimeout(
    () => late.reject(new Error(`the deployment did not end within ${endSeconds} s`)),
    endSeconds * 1000,
  );
  return Promise.race([ending, late.promise]).finally(() => clearTimeout(timer));
}

function endedFault({ deploymentId, outcome }: Ended, startedAt: number): EndedFault {
  return { deploymentId, startedAt, endedAt: Date.parse(outcome.endedAt) };
}

async function start(
  rig: PreparedStage,
  { deploy, configure }: Fault,
  goodRelease: string,
): Promise<{ readonly executionArn: string }> {
  const { stage, first } = rig;
  switch (deploy.kind) {
    case 'upload':
      await stage.publish((yaml) => configure?.(shortGate(yaml), rig) ?? shortGate(yaml));
      return deploy.to === 'all' ? stage.upload(deploy.variant, deploy.version) : uploadToFirst(rig, deploy);
    case 'good-release':
      return stage.start({ release: goodRelease, hosts: [first.instanceId] });
  }
}

/** The upload's own rollout is refused by a freeze; then the build goes to one host, as a person may ask. */
async function uploadToFirst(
  { stage, first }: PreparedStage,
  { variant, version }: Extract<FaultDeployment, { readonly kind: 'upload' }>,
): Promise<{ readonly executionArn: string }> {
  const { ports } = stage.engine;
  await changeState(ports, (state) => ({
    ...state,
    freeze: { by: 'test', at: new Date().toISOString(), reason: 'one host first' },
  }));
  try {
    await stage.ended((await stage.upload(variant, version)).executionArn);
  } finally {
    await changeState(ports, (state) => ({ ...state, freeze: null }));
  }
  const [newest] = await ports.artifacts.versions();
  return stage.start({ versionId: newest?.versionId, hosts: [first.instanceId] });
}

/** Undoes the fault, whatever became of it, and waits until the target is well; what went wrong with that, a sentence each. */
async function mend(rig: PreparedStage, fault: Fault): Promise<readonly string[]> {
  try {
    await fault.mend(rig);
    await untilWell(rig, mendSeconds);
    return [];
  } catch (error) {
    return [`could not be mended: ${textOf(error)}`];
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
