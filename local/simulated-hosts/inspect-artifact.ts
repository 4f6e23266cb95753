import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { listZip } from '../../core/release/zip-listing.ts';
import { missingHeaderOf, missingModule } from './python-modules.ts';
import { type ServiceBehaviour, wellBehaved } from './service-behaviour.ts';

/** What a simulated host sees of an artifact, without running any of it. */
export interface ArtifactView {
  /** Requirement lines, comments left out. */
  readonly requirements: readonly string[];
  readonly behaviour: ServiceBehaviour;
}

const maxEntries = 20_000;
const maxFileBytes = 1_048_576;

/**
 * Guesses from the text of a zip how its code would behave: requirements that cannot be built, imports that nobody
 * brings, and a few signs of services that are broken on purpose. `# simulate: <word>` says it outright
 * (`pip-failed`, `app-load-failed`, `exits-at-start`, `unhealthy`, `dies`, `worker-dies`). What shows no sign behaves.
 * Throws InvalidDeploymentError for what is no zip.
 */
export async function inspectArtifact(zip: Uint8Array, requirementsFile: string): Promise<ArtifactView> {
  const entries = await listZip(zip, maxEntries);
  const files = new Map<string, string>();
  for (const entry of entries) {
    const isOfInterest = entry.name === requirementsFile || /^[^/]+\.(py|ini)$/.test(entry.name);
    if (isOfInterest) files.set(entry.name, new TextDecoder().decode(entry.read(maxFileBytes)));
  }
  const requirementsText = files.get(requirementsFile);
  if (requirementsText === undefined) throw new InvalidDeploymentError(`the artifact has no ${requirementsFile}`);
  const requirements = requirementsText
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*/, '').trim())
    .filter((line) => line !== '');
  const programs = [...files].filter(([name]) => name.endsWith('.py')).map(([, text]) => text);
  const own = new Set(entries.map((entry) => entry.name.split('/')[0]?.replace(/\.py$/, '') ?? ''));
  const behaviour =
    firstOf([...files.values()], saidOutright) ??
    firstOf(requirements, signOfRequirement) ??
    signOfImports(programs, own, requirements) ??
    firstOf(programs, signOfProgram) ??
    firstOf(
      [...files].filter(([name]) => name.endsWith('.ini')).map(([, text]) => text),
      signOfIni,
    );
  return { requirements, behaviour: behaviour ?? wellBehaved };
}

/** `Flask` of `Flask>=2,<3 ; python_version > "3"`. */
function packageNameOf(requirement: string): string {
  return /^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement;
}

function firstOf(
  texts: readonly string[],
  sign: (text: string) => ServiceBehaviour | undefined,
): ServiceBehaviour | undefined {
  return texts.map(sign).find((behaviour) => behaviour !== undefined);
}

function saidOutright(text: string): ServiceBehaviour | undefined {
  switch (/#.*\bsimulate: ([a-z-]+)/.exec(text)?.[1]) {
    case 'pip-failed':
      return { kind: 'pip-failed', requirement: 'a-package-that-does-not-build' };
    case 'app-load-failed':
      return { kind: 'app-load-failed', error: "ModuleNotFoundError: No module named 'no_such_module'" };
    case 'exits-at-start':
      return { kind: 'exits-at-start', exitCode: 1 };
    case 'unhealthy':
      return { kind: 'unhealthy', status: 500, body: 'internal error' };
    case 'dies':
      return { kind: 'dies', afterSeconds: 8 };
    case 'worker-dies':
      return { kind: 'worker-dies', afterSeconds: 4 };
    default:
      return undefined;
  }
}

/** Packages that need a library, names that say of themselves that no index has them, versions that nobody made. */
function signOfRequirement(requirement: string): ServiceBehaviour | undefined {
  const header = missingHeaderOf(packageNameOf(requirement));
  if (header !== undefined) return { kind: 'pip-failed', requirement, header };
  const isNowhere = /no-such|not-exist|nonexist|does-not|missing|===?\s*(999|0\.0\.0)/i.test(requirement);
  return isNowhere ? { kind: 'pip-failed', requirement } : undefined;
}

function signOfImports(
  programs: readonly string[],
  own: ReadonlySet<string>,
  requirements: readonly string[],
): ServiceBehaviour | undefined {
  const imported = programs.flatMap((program) =>
    [...program.matchAll(/^(?:import|from)[ \t]+(\w+)/gm)].map((match) => match[1] ?? ''),
  );
  const missing = missingModule(imported, own, requirements.map(packageNameOf));
  if (missing === undefined) return undefined;
  return { kind: 'app-load-failed', error: `ModuleNotFoundError: No module named '${missing}'` };
}

function signOfProgram(program: string): ServiceBehaviour | undefined {
  const raised = /^raise\s+(\w+)\((?:(["'])(.*?)\2)?/m.exec(program);
  if (raised !== null) return { kind: 'app-load-failed', error: `${raised[1]}: ${raised[3] ?? ''}`.trim() };
  const exit = /^(?:sys\.exit|os\._exit|exit)\((\d*)\)/m.exec(program);
  if (exit !== null) return { kind: 'exits-at-start', exitCode: Number(exit[1]) };
  const kill = /sleep (\d+); kill -(\w+)/.exec(program);
  const afterSeconds = Number(kill?.[1]);
  if (kill?.[2] === 'SEGV') return { kind: 'worker-dies', afterSeconds };
  if (kill !== null) return { kind: 'dies', afterSeconds };
  if (!/^def health\b/m.test(program)) return undefined;
  if (Number(/time\.sleep\((\d+)/.exec(program)?.[1]) >= 10) return { kind: 'unhealthy', status: 0, body: 'timed out' };
  const [, known, asked] = /\{\s*["'](\w+)["']\s*:[^{}]*\}\[["'](\w+)["']\]/.exec(program) ?? [];
  return known === asked ? undefined : { kind: 'unhealthy', status: 500, body: 'internal error' };
}

/** A folder that no release has. */
function signOfIni(ini: string): ServiceBehaviour | undefined {
  const folder = /^\s*chdir\s*=\s*(\/\S+)/m.exec(ini)?.[1];
  return folder === undefined || folder.startsWith('/app') ? undefined : { kind: 'exits-at-start', exitCode: 1 };
}
