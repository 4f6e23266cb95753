import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, inspectorOf } from './connect.ts';
import type { Output, World } from './world.ts';

const projectRoot = dirname(import.meta.dirname);

/** The machine as it is. */
export function realWorld(): World {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    connect: (address) => connect(address, stateDirectory()),
    inspectorOf,
    readFile: (path) => readFile(resolve(folderOfPerson(), path)),
    configPath: (service) => join(projectRoot, 'services', `${service}.yml`),
    commandName: commandName(),
    stageOptions: '',
    version: ownVersion(),
    user: process.env['SUDO_USER'] ?? userName(),
    uniqueId: () => randomUUID(),
    sleep: (milliseconds) => delay(milliseconds),
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
  };
}

/** Where the engine keeps everything; ROLLGATE_STATE names another folder than `.rollgate` of the project. */
export function stateDirectory(): string {
  return resolve(process.env['ROLLGATE_STATE'] ?? join(projectRoot, '.rollgate'));
}

/** npm runs scripts in the project's folder; where the person stood is in INIT_CWD. */
function folderOfPerson(): string {
  const isNpmScript = process.env['npm_lifecycle_event'] === 'rollgate';
  return isNpmScript ? (process.env['INIT_CWD'] ?? process.cwd()) : process.cwd();
}

function commandName(): string {
  switch (process.env['npm_lifecycle_event']) {
    case 'rollgate':
      return 'npm run rollgate --';
    case 'npx':
      return 'npx rollgate';
    default:
      return 'rollgate';
  }
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as containers have.
    return process.env['USER'] ?? 'unknown';
  }
}

/** A stream of this process; https://no-color.org and TERM=dumb are respected. */
function outputOf(stream: NodeJS.WriteStream): Output {
  const isTerminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const noColour = (process.env['NO_COLOR'] ?? '') !== '';
  return {
    write: (text) => stream.write(text),
    isTerminal,
    hasColour: isTerminal && !noColour,
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
  };
}
