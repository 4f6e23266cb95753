import { checkOfUpstream } from '../../core/model/host-report.ts';
import type { ReleaseManifest } from '../../core/model/release-manifest.ts';
import { type ArtifactView, inspectArtifact } from './inspect-artifact.ts';
import {
  type Ending,
  evidenceOf,
  failed,
  isHealthy,
  ScriptFailure,
  type ScriptRun,
  sha256,
  simulatedSentence,
} from './script-run.ts';
import { checkOfFailure, checksOf, upstreamCheck } from './simulated-checks.ts';
import type { SimulatedRelease, SimulatedState } from './simulated-state.ts';

const python = '3.11.2';
const platform = 'simulated';

/** Puts a release beside what runs, from the same objects that a real host downloads, every hash checked. */
export async function install(state: SimulatedState, run: ScriptRun): Promise<Ending> {
  const { releaseId = '', keep = '' } = run.parameters;
  const isPreflightFault = run.fault !== undefined && checkOfFailure(run.fault) !== 'active';
  if (run.fault !== undefined && !isPreflightFault) {
    throw new ScriptFailure(run.fault, simulatedSentence(run.fault), evidenceOf(run.fault));
  }
  const manifest = await fetchManifest(run);
  const { configuration } = manifest;
  const known = state.releases[releaseId];
  const view = known === undefined ? await fetchArtifact(run, manifest) : viewOf(known);
  if (view.behaviour.kind === 'pip-failed') {
    const { requirement, header } = view.behaviour;
    const pip = header === undefined ? notFoundLines(requirement) : notCompiledLines(requirement, header);
    throw new ScriptFailure('pip-failed', `pip could not install ${requirement}`, { exitCode: 1, pip });
  }
  const virtualenv = virtualenvOf(state, manifest, view, await fetchPackages(run));
  const release: SimulatedRelease = {
    number: manifest.number,
    behaviour: view.behaviour,
    healthUrl: `http://127.0.0.1:${configuration.health.port}${configuration.health.path}`,
    stableSeconds: configuration.health.stableSeconds,
    upstreams: configuration.upstreams.map((upstream) => ({
      check: checkOfUpstream(upstream.kind, upstream.name),
      address: `${upstream.host}:${upstream.port}`,
    })),
    reportOnly: [...(configuration.health.reportOnly ?? [])],
  };
  const checks = checksOf(release.upstreams.map(upstreamCheck), release.reportOnly, run.fault);
  const refused = checks.find((check) => !check.isOk && check.isReportOnly !== true);
  if (refused !== undefined) {
    return { ...failed(state, refused.failure ?? 'internal', refused.detail), checks };
  }
  const saved = Object.values(state.previous).map((previous) => previous.running);
  const kept = [releaseId, state.running, state.good?.running ?? '', ...saved, ...keep.split(',')];
  const { requirementsSha256 } = manifest.artifact;
  const staged: SimulatedState = {
    ...state,
    releases: retained({ ...state.releases, [releaseId]: release }, kept, configuration.retention.releases),
    virtualenvs: {
      ...state.virtualenvs,
      [virtualenv.name]: { requirementsSha256, packages: [...virtualenv.packages] },
    },
  };
  const rootWarning = 'the service runs as root: set run.user to a user of its own';
  return {
    state: staged,
    outcome: 'done',
    message: `${releaseId} is on the host; ${state.running} runs on`,
    isHealthy: isHealthy(staged, run.now()),
    isUntouched: true,
    installed: {
      releaseId,
      python,
      platform,
      virtualenv: virtualenv.name,
      isVirtualenvReused: virtualenv.isReused,
      packages: virtualenv.packages,
      packagesSha256: sha256(`${virtualenv.packages.join('\n')}\n`),
    },
    checks,
    ...(configuration.run.user === 'root' ? { warnings: [rootWarning] } : {}),
  };
}

async function fetchManifest(run: ScriptRun): Promise<ReleaseManifest> {
  const { releaseId = '', manifestKey = '', manifestSha256 = '' } = run.parameters;
  const bytes = await fetchChecked(run, manifestKey, manifestSha256);
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as ReleaseManifest;
  if (manifest.releaseId !== releaseId) {
    const message = `the manifest is of ${manifest.releaseId}, the command names ${releaseId}`;
    throw new ScriptFailure('checksum-mismatch', message);
  }
  return manifest;
}

async function fetchArtifact(
  run: ScriptRun,
  { zipKey, artifact, configuration }: ReleaseManifest,
): Promise<ArtifactView> {
  const zip = await fetchChecked(run, zipKey, artifact.sha256);
  return (run.inspect ?? inspectArtifact)(zip, configuration.runtime.requirementsFile);
}

/** Code that is on the host is not downloaded again; its virtualenv is found by the hash of its requirements. */
function viewOf({ behaviour }: SimulatedRelease): ArtifactView {
  return { requirements: [], behaviour };
}

/** The lines that constrain pip; undefined where the command names none. */
async function fetchPackages(run: ScriptRun): Promise<readonly string[] | undefined> {
  const { packagesKey = '', packagesSha256 = '' } = run.parameters;
  if (packagesKey === '') return undefined;
  const bytes = await fetchChecked(run, packagesKey, packagesSha256);
  return new TextDecoder().decode(bytes).trim().split('\n');
}

async function fetchChecked(run: ScriptRun, key: string, expected: string): Promise<Uint8Array> {
  const bytes = await run.readObject(key);
  if (bytes === undefined) throw new ScriptFailure('download-failed', `${key} cannot be downloaded`);
  const seen = sha256(bytes);
  if (seen !== expected) {
    throw new ScriptFailure('checksum-mismatch', `${key} has the SHA-256 ${seen}, not ${expected}`);
  }
  return bytes;
}

function notFoundLines(requirement: string): readonly string[] {
  return [
    `ERROR: Could not find a version that satisfies the requirement ${requirement} (from versions: none)`,
    `ERROR: No matching distribution found for ${requirement}`,
  ];
}

function notCompiledLines(requirement: string, header: string): readonly string[] {
  return [
    `fatal error: ${header}: No such file or directory`,
    `ERROR: Failed building wheel for ${requirement}`,
    `ERROR: Could not build wheels for ${requirement}, which is required to install pyproject.toml-based projects`,
  ];
}

function virtualenvOf(
  state: SimulatedState,
  manifest: ReleaseManifest,
  view: ArtifactView,
  constraints: readonly string[] | undefined,
): { readonly name: string; readonly packages: readonly string[]; readonly isReused: boolean } {
  const { requirementsSha256 } = manifest.artifact;
  const packages = constraints ?? [...new Set(view.requirements.map(pinned))].sort();
  const base = sha256(`${requirementsSha256}\n${python}\n${platform}`).slice(0, 12);
  const matching = Object.entries(state.virtualenvs).find(
    ([, known]) =>
      known.requirementsSha256 === requirementsSha256 &&
      (constraints === undefined || known.packages.join() === constraints.join()),
  );
  if (matching !== undefined) return { name: matching[0], packages: matching[1].packages, isReused: true };
  const isTaken = state.virtualenvs[base] !== undefined;
  const name = isTaken ? sha256(`${base}\n${packages.join('\n')}`).slice(0, 12) : base;
  return { name, packages, isReused: false };
}

/** `Flask` becomes `flask==1.0.0`: no index is asked. */
function pinned(requirement: string): string {
  const [, name = requirement, version = '1.0.0'] = /^([A-Za-z0-9._-]+)\s*(?:==\s*([^\s;,]+))?/.exec(requirement) ?? [];
  return `${name.toLowerCase()}==${version}`;
}

/** The newest releases, and those that are named. */
function retained(
  releases: SimulatedState['releases'],
  keep: readonly string[],
  newest: number,
): SimulatedState['releases'] {
  const sorted = Object.entries(releases).sort(([, one], [, other]) => other.number - one.number);
  return Object.fromEntries(sorted.filter(([releaseId], index) => index < newest || keep.includes(releaseId)));
}
