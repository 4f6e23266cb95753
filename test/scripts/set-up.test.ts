import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollgate-set-up-'));
  for (const path of ['scripts/launch.mjs', 'scripts/set-up.mjs', 'cli/rollgate.mjs', 'cli/bundle']) {
    cpSync(path, join(folder, path), { recursive: true });
  }
  write('package.json', '{"type": "module"}');
  write('package-lock.json', lockOf('sha512-one'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
  chmodSync(join(folder, path), mode);
}

function lockOf(integrity: string): string {
  const packages = { '': {}, 'node_modules/zod': { integrity }, 'node_modules/fsevents': { optional: true } };
  return JSON.stringify({ packages });
}

/** An `npm` that notes that it was called, and does as the script says. */
function givenNpm(script: string): void {
  write('bin/npm', `#!/bin/sh\necho "$@" >> ${folder}/npm-calls\n${script}\n`, 0o755);
}

const installs = 'mkdir -p node_modules/.bin && printf "#!/bin/sh\\n" > node_modules/.bin/node';

function run(...args: readonly string[]): ReturnType<typeof spawnSync> & { readonly stderr: string } {
  const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
}

/** Runs a program on a Node that says it is 20, too old for the bundle of the command. */
function runOnNode20(...args: readonly string[]): ReturnType<typeof run> {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
  return run('--import', `data:text/javascript,${encodeURIComponent(old)}`, ...args);
}

function npmCalls(): readonly string[] {
  const file = join(folder, 'npm-calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

describe('set-up', () => {
  it('installs once, and again only when the lock file changes', () => {
    givenNpm(installs);

    const codes = [run('scripts/set-up.mjs').status, run('scripts/set-up.mjs').status];
    write('package-lock.json', lockOf('sha512-two'));
    codes.push(run('scripts/set-up.mjs').status, run('scripts/set-up.mjs').status);

    expect(codes).toEqual([0, 0, 0, 0]);
    expect(npmCalls()).toHaveLength(2);
    expect(npmCalls()[0]).toMatch(/^ci /);
  });

  it('takes an npm install by hand for its own', () => {
    givenNpm(installs);
    write('node_modules/.bin/node', '#!/bin/sh\n', 0o755);
    write('node_modules/.package-lock.json', lockOf('sha512-one'));

    expect(run('scripts/set-up.mjs').status).toBe(0);
    expect(npmCalls()).toEqual([]);
  });

  it('installs where another version of a package is there', () => {
    givenNpm(installs);
    write('node_modules/.bin/node', '#!/bin/sh\n', 0o755);
    write('node_modules/.package-lock.json', lockOf('sha512-old'));

    expect(run('scripts/set-up.mjs').status).toBe(0);
    expect(npmCalls()).toHaveLength(1);
  });

  it('says what to do where the registry can not be reached', () => {
    givenNpm('echo "npm error code ENOTFOUND" >&2; exit 1');

    const result = run('scripts/set-up.mjs');

    expect(result.status).toBe(1);
    expect(result.stderr).toBe(
      'set-up: installing the npm packages of package-lock.json ...\n' +
        'error: npm ci failed (exit 1)\nnpm error code ENOTFOUND\n' +
        'next: check that this machine reaches its npm registry (npm ping), then try again\n',
    );
  });

  it('says what to do where there is no npm', () => {
    const result = spawnSync(process.execPath, [join(folder, 'scripts/set-up.mjs')], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });

    expect(result.status).toBe(1);
    expect(result.stderr).toContain('next: install npm, then try again\n');
  });
});

describe('the rollgate command', () => {
  it('says how to install what is missing', () => {
    const result = run('cli/rollgate.mjs', 'status');

    expect(result.status).toBe(1);
    expect(result.stderr).toBe('error: the npm packages of Rollgate are not installed\nnext: npm start (or npm ci)\n');
  });

  it('says so on a Node that is too old to do without them', () => {
    const result = runOnNode20('cli/rollgate.mjs', 'status');

    expect(result.status).toBe(1);
    expect(result.stderr).toBe(
      'error: Node 20.20.2 is too old for the command, and Node 24 of the npm packages of Rollgate is not installed\n' +
        'next: npm start (or npm ci), or install Node 22.12 or newer\n',
    );
  });

  it('hands its arguments to Node 24 where this Node is too old, and keeps the exit code', () => {
    write('node_modules/.bin/node', '#!/bin/sh\nshift\necho "$@"\nexit 6\n', 0o755);

    const result = runOnNode20('cli/rollgate.mjs', 'status', '--watch');

    expect(result.status).toBe(6);
    expect(result.stdout).toBe('status --watch\n');
  });

  it('gives a program that died of a signal its number', () => {
    write('node_modules/.bin/node', '#!/bin/sh\nkill -TERM $$\n', 0o755);

    expect(runOnNode20('cli/rollgate.mjs', 'status').status).toBe(143);
  });
});
