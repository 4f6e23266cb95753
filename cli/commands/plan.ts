import type { Ports } from '../../clients/ports.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { stableRelease } from '../../core/model/target-state.ts';
import { releaseIdOf } from '../../core/release/build-release.ts';
import { alarmsOfStage } from '../../core/rollout/decide/alarms.ts';
import { planView } from '../../core/views/plan-view.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { findReleaseByContent } from '../../ledger/release/find-release-by-content.ts';
import { readHistory } from '../../ledger/rollout/deployment-history.ts';
import { checkConfigOnly } from '../check-config-only.ts';
import { type CheckedRequest, checkRequest, type GivenArtifact } from '../check-request.ts';
import { CliError } from '../cli-error.ts';
import { printJson, printLines } from '../print.ts';
import { type ConfigFile, readConfigFile, readZipFile } from '../read-input-files.ts';
import { renderConfigOnly } from '../render/render-config-only.ts';
import { renderPlan } from '../render/render-lists.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

export interface PlanOptions extends CommonOptions {
  readonly config?: string;
  readonly configOnly: boolean;
  readonly hosts?: readonly string[];
}

/** Deployments that are looked at for what each host was last seen to run. */
const lookedAt = 20;

/** `rollgate plan`: what `deploy` would do with this zip, or with the newest upload. Changes nothing. */
export async function plan(world: World, zip: string | undefined, options: PlanOptions): Promise<number> {
  refuseContradictions(zip, options);
  const ports = await world.connect(options);
  const file = await readConfigFile(world, ports, options.config);
  const checked = options.configOnly
    ? await checkConfigOnly(ports, file, options.hosts)
    : await checkUpload(world, ports, file, zip, options);
  const content = checked.contentSha256;
  const known = content === null ? undefined : await findReleaseByContent(ports, content);
  const stable = stableRelease(await readState(ports));
  const view = planView({
    stage: ports.stage,
    release: known === undefined ? 'a new release' : releaseName(known),
    releaseId: known === undefined || content === null ? null : releaseIdOf(known, content),
    source: checked.source,
    stable: stable === undefined ? null : releaseName(stable.release),
    target: checked.target,
    policy: { ...file.config.rollout, alarms: alarmsOfStage(file.config.rollout.alarms, ports.stage.name) },
    alarms: checked.alarms,
    runningOn: await lastSeen(ports),
    warnings: checked.warnings,
  });
  const configOnly = checked.view;
  if (options.json) {
    printJson(world.stdout, configOnly === null ? view : { ...view, configOnly });
    return 0;
  }
  const style = styleOf(world.stdout);
  printLines(world.stdout, [
    ...(configOnly === null ? [] : [...renderConfigOnly(configOnly, style), '']),
    ...renderPlan(view, style),
  ]);
  return 0;
}

function refuseContradictions(zip: string | undefined, options: PlanOptions): void {
  if (zip !== undefined && options.configOnly) {
    throw new CliError(
      '--config-only takes the artifact of the stable release; leave the zip out',
      'rollgate plan --config-only',
      2,
    );
  }
}

async function checkUpload(
  world: World,
  ports: Ports,
  file: ConfigFile,
  zip: string | undefined,
  options: PlanOptions,
): Promise<CheckedRequest & { readonly source: string; readonly view: null }> {
  const artifact = await readArtifact(world, ports, zip);
  return { ...(await checkRequest(ports, file, artifact, options.hosts)), source: artifact.source, view: null };
}

async function readArtifact(world: World, ports: Ports, zip: string | undefined): Promise<GivenArtifact> {
  if (zip !== undefined) {
    return { bytes: await readZipFile(world, zip), source: zip };
  }
  const newest = (await ports.artifacts.versions())[0];
  if (newest === undefined) {
    throw new CliError(
      `nothing was uploaded to s3://${ports.stage.artifactBucket} yet; name a zip to plan with`,
      'rollgate plan payment.zip',
      2,
    );
  }
  const bytes = await ports.artifacts.read(newest.versionId);
  return { bytes, source: `the newest upload, version ${newest.versionId} of ${newest.uploadedAt}` };
}

/** What each host was last seen to run, as a release id. */
async function lastSeen(ports: Ports): Promise<ReadonlyMap<string, string>> {
  const seen = new Map<string, string>();
  for (const { outcome } of await readHistory(ports, lookedAt)) {
    for (const host of outcome?.hosts ?? []) {
      if (host.running !== null && !seen.has(host.instanceId)) {
        seen.set(host.instanceId, host.running);
      }
    }
  }
  return seen;
}
