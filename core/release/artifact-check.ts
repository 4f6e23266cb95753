import { sha256Hex } from '../model/canonical-json.ts';
import { InvalidDeploymentError } from '../model/errors.ts';
import { type ReleaseManifest, releaseName } from '../model/release-manifest.ts';
import { iniFile, type ServiceConfig } from '../model/service-config.ts';
import { listZip, type ZipEntry } from './zip-listing.ts';

/** Bytes of an upload: a Python service with everything it needs has a few; Lambda reads the zip into its memory. */
export const maxArtifactBytes = 200 * 1024 * 1024;

/** Bytes of all files unpacked, times five releases, times the small root volume of a host. */
const maxUnpackedBytes = 1024 * 1024 * 1024;

/** Files and directories. */
export const maxArtifactEntries = 20_000;

/** Bytes of a requirements file. */
const maxRequirementsBytes = 1024 * 1024;

/** Bytes of a path: Linux takes 4096, the release's own directory stands before it. */
const maxPathBytes = 1024;

/** A bad listing is told in so many sentences. */
const maxProblems = 20;

export interface ArtifactFacts {
  /** SHA-256 of the requirements file's bytes. */
  readonly requirementsSha256: string;
  /** Names of the files and directories, as in the zip. */
  readonly entries: readonly string[];
  readonly uncompressedBytes: number;
  /** `sentence`s for what is allowed and probably not meant. */
  readonly warnings: readonly string[];
}

/**
 * Looks at an uploaded zip before it becomes a release. Nothing but the requirements file is unpacked.
 * Throws InvalidDeploymentError with one sentence per problem.
 */
export async function checkArtifact(
  bytes: Uint8Array,
  config: Pick<ServiceConfig, 'run' | 'runtime'>,
): Promise<ArtifactFacts> {
  if (bytes.length > maxArtifactBytes) {
    throw new InvalidDeploymentError(
      `the artifact has ${inMegabytes(bytes.length)}; the limit is ${inMegabytes(maxArtifactBytes)}`,
    );
  }
  const entries = await listZip(bytes, maxArtifactEntries);
  const uncompressedBytes = entries.reduce((sum, entry) => sum + entry.uncompressedBytes, 0);
  const problems = [...entries.flatMap(entryProblems), ...nameClashes(entries)];
  if (uncompressedBytes > maxUnpackedBytes) {
    problems.push(
      `the zip unpacks to ${inMegabytes(uncompressedBytes)}; the limit is ${inMegabytes(maxUnpackedBytes)}`,
    );
  }
  const { requirementsFile } = config.runtime;
  const ini = iniFile(config);
  for (const file of ini === undefined || ini === requirementsFile ? [requirementsFile] : [ini, requirementsFile]) {
    problems.push(...missingFile(entries, file));
  }
  const requirements = fileOf(entries, requirementsFile);
  if (problems.length > 0 || requirements === undefined) {
    throw new InvalidDeploymentError(bounded(problems));
  }
  const content = requirements.read(maxRequirementsBytes);
  return {
    requirementsSha256: sha256Hex(content),
    entries: entries.map((entry) => entry.name),
    uncompressedBytes,
    warnings: requirementWarnings(new TextDecoder().decode(content), config),
  };
}

/** Looks at the artifact of a release that is there. Throws InvalidDeploymentError that says that it no longer fits. */
export async function checkArtifactOf(
  { number, artifact }: Pick<ReleaseManifest, 'number' | 'artifact'>,
  bytes: Uint8Array,
  config: Pick<ServiceConfig, 'run' | 'runtime'>,
): Promise<ArtifactFacts> {
  const release = releaseName(number);
  if (sha256Hex(bytes) !== artifact.sha256) {
    throw new InvalidDeploymentError(`the copy of the artifact of ${release} has another SHA-256 than its upload had`);
  }
  try {
    return await checkArtifact(bytes, config);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      const problems = error.problems.map(
        (problem) => `the artifact of ${release} does not fit this configuration: ${problem}`,
      );
      throw new InvalidDeploymentError(problems, { cause: error });
    }
    throw error;
  }
}

function entryProblems(entry: ZipEntry): string[] {
  const shown = JSON.stringify(entry.name);
  const problems: string[] = [];
  if (entry.name === '' || Buffer.byteLength(entry.name) > maxPathBytes) {
    problems.push(`the zip has an entry whose path has not 1 to ${maxPathBytes} bytes: ${shown.slice(0, 80)}`);
  }
  if (entry.name.startsWith('/') || /^[A-Za-z]:/.test(entry.name)) {
    problems.push(`the zip has an absolute path: ${shown}`);
  }
  if (entry.name.split(/[/\\]/).includes('..')) {
    problems.push(`the zip has a path that leads out of its directory: ${shown}`);
  }
  if (entry.name.includes('\\')) {
    problems.push(`the zip has a path with a backslash: ${shown}; pack it with forward slashes`);
  }
  if (/\p{Cc}/u.test(entry.name)) {
    problems.push(`the zip has a path with control characters: ${shown}`);
  }
  if (entry.otherName !== undefined) {
    problems.push(`the zip has an entry with two names: ${shown} and ${JSON.stringify(entry.otherName)}`);
  }
  if (entry.type === 'link') {
    problems.push(`the zip has a symbolic link: ${shown}; put the file itself in`);
  }
  if (entry.type === 'special') {
    problems.push(`the zip has an entry that is neither file nor directory: ${shown}`);
  }
  if (entry.isEncrypted) {
    problems.push(`the zip has an encrypted entry: ${shown}; pack it without a password`);
  } else if (entry.method !== 0 && entry.method !== 8) {
    problems.push(`the zip has an entry of compression method ${entry.method}: ${shown}; pack it with deflate`);
  }
  if (segmentsOf(entry.name)[0] === '.rollgate') {
    problems.push(`the zip has ${shown}; the directory .rollgate belongs to Rollgate`);
  }
  return problems;
}

/** `./a//b/` and `a/b` are the same place. */
function segmentsOf(name: string): string[] {
  return name.split('/').filter((segment) => segment !== '' && segment !== '.');
}

function nameClashes(entries: readonly ZipEntry[]): string[] {
  const problems: string[] = [];
  const places = new Map<string, ZipEntry['type']>();
  for (const entry of entries) {
    const place = segmentsOf(entry.name).join('/');
    if (places.has(place)) {
      problems.push(`the zip has two entries of the same name: ${JSON.stringify(place)}`);
    }
    places.set(place, entry.type);
  }
  for (const place of places.keys()) {
    for (let end = place.lastIndexOf('/'); end > 0; end = place.lastIndexOf('/', end - 1)) {
      const parent = place.slice(0, end);
      if (places.get(parent) === 'file') {
        problems.push(`the zip has ${JSON.stringify(parent)} as a file and as a directory`);
      }
    }
  }
  return problems;
}

function fileOf(entries: readonly ZipEntry[], file: string): ZipEntry | undefined {
  const place = segmentsOf(file).join('/');
  return entries.find((entry) => entry.type === 'file' && segmentsOf(entry.name).join('/') === place);
}

function missingFile(entries: readonly ZipEntry[], file: string): string[] {
  if (fileOf(entries, file) !== undefined) {
    return [];
  }
  const deeper = entries.find((entry) => entry.type === 'file' && entry.name.endsWith(`/${file}`))?.name;
  return deeper === undefined
    ? [`the zip has no ${file}`]
    : [`the zip has no ${file} at its top, but ${deeper}: zip the files, not the directory that holds them`];
}

/** uWSGI is no part of Python: where requirements.txt does not bring it, the virtualenv will not have it. */
function requirementWarnings(text: string, config: Pick<ServiceConfig, 'run' | 'runtime'>): string[] {
  const { program } = config.run;
  if (program.toLowerCase() !== 'uwsgi') {
    return [];
  }
  const names = text.split(/\r?\n/).map((line) => /^\s*([A-Za-z0-9._-]+)/.exec(line)?.[1]?.toLowerCase());
  const isNamed = names.includes('uwsgi') || names.includes('pyuwsgi');
  // A file that includes others, or one given by address, may bring it.
  const mayComeFromElsewhere = /^\s*(-r|--requirement|-e|--editable|-c)\b|:\/\/|@/m.test(text);
  return isNamed || mayComeFromElsewhere
    ? []
    : [`${config.runtime.requirementsFile} does not name uWSGI, which run.program starts; add a line uWSGI`];
}

function bounded(problems: readonly string[]): readonly string[] {
  const more = problems.length - maxProblems;
  return more > 0 ? [...problems.slice(0, maxProblems), `and ${more} more problems like these`] : problems;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
