/**
 * Makes node_modules match package-lock.json; does nothing where it does already. Plain JavaScript for the machine's
 * own Node (20 or newer), since it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24, projectRoot } from './launch.mjs';

const lockFile = join(projectRoot, 'package-lock.json');
const stampFile = join(projectRoot, 'node_modules', '.rollgate-lock');
/** npm's own record of what it installed. */
const installedFile = join(projectRoot, 'node_modules', '.package-lock.json');

/** Returns the exit code: 0, or 1 after a message on stderr. */
export async function setUp() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    return refuse(`Node ${process.versions.node} is too old`, 'install Node 20 or newer');
  }
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(node24) && (readText(stampFile) === hash || isInstalled())) {
    writeStamp(hash);
    return 0;
  }
  process.stderr.write('set-up: installing the npm packages of package-lock.json ...\n');
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: projectRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (install.error !== undefined) {
    return refuse(`npm could not be started: ${install.error.message}`, 'install npm, then try again');
  }
  if (install.status !== 0) {
    const output = `${install.stdout}${install.stderr}`;
    return refuse(`npm ci failed (exit ${install.status})\n${lastLines(output, 12)}`, nextStepOf(output));
  }
  if (!existsSync(node24)) {
    return refuse('npm ci did not bring node_modules/.bin/node (Node 24)', 'npm rebuild node, then try again');
  }
  writeStamp(hash);
  return 0;
}

/** An `npm install` by hand is as good as ours: every package of the lock file is there with the same content. */
function isInstalled() {
  const wanted = packagesOf(lockFile);
  const installed = packagesOf(installedFile);
  if (wanted === undefined || installed === undefined) {
    return false;
  }
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path]?.integrity === entry.integrity,
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function writeStamp(hash) {
  if (readText(stampFile) !== hash) {
    writeFileSync(stampFile, hash);
  }
}

function nextStepOf(output) {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(output)
    ? 'check that this machine reaches its npm registry (npm ping), then try again'
    : 'npm ci, and read what it says';
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function refuse(what, next) {
  process.stderr.write(`error: ${what}\nnext: ${next}\n`);
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await setUp();
}
