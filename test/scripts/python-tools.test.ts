import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensurePythonTools } from '../../scripts/python-tools.ts';

let scratch = '';
let folder = '';

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'rollgate-python-'));
  folder = join(scratch, 'state', 'python-tools');
  vi.stubEnv('PATH', `${join(scratch, 'bin')}:${process.env['PATH']}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true, force: true });
});

/** A `python3` whose virtualenvs have modules pip and uv that note how they were called; they install as the script says. */
function givenPython(install: string): void {
  const python = join(scratch, 'bin', 'python3');
  const inside = `#!/bin/sh
echo "$@" >> ${scratch}/calls
cd "$(dirname "$0")"
case "$*" in *--requirement*) ${install} ;; esac
`;
  writeFileSync(join(scratch, 'python-inside'), inside);
  mkdirSync(join(scratch, 'bin'), { recursive: true });
  writeFileSync(
    python,
    `#!/bin/sh
case "$*" in
  *'-m venv '*) mkdir -p "$4/bin" && cp ${scratch}/python-inside "$4/bin/python" && chmod +x "$4/bin/python" ;;
esac
`,
  );
  chmodSync(python, 0o755);
}

const brings = 'touch ministack moto_server cfn-lint aws';
/** How the tools were installed, each time. */
const calls = (): readonly string[] => {
  const file = join(scratch, 'calls');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return lines.filter((line) => line.includes('--requirement'));
};
const ensure = () => ensurePythonTools(() => undefined, folder);

test('the tools are installed once, and again where other versions are wanted', async () => {
  givenPython(brings);

  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
  expect(calls()).toHaveLength(1);
  expect(calls()[0]).toMatch(/^-I -m uv pip install .*--requirement .*\/scripts\/python-tools\.txt$/);
  writeFileSync(join(folder, '.pins'), 'of other versions');
  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
  expect(calls()).toHaveLength(2);
});

test('of several callers at once one installs, and the others wait for it', async () => {
  givenPython(`sleep 0.3; ${brings}`);

  expect(await Promise.all([ensure(), ensure(), ensure()])).toEqual(Array(3).fill({ bin: join(folder, 'bin') }));
  expect(calls()).toHaveLength(1);
});

test('what a killed set-up left behind is made anew', async () => {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', 'half'), '');
  givenPython(brings);

  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
  expect(existsSync(join(folder, 'bin', 'half'))).toBe(false);
});

test('where uv can not install them pip does, which knows the settings of the machine', async () => {
  givenPython(`case "$*" in *'-m uv'*) exit 2 ;; *) ${brings} ;; esac`);

  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
  expect(calls().at(-1)).toMatch(/^-I -m pip install .*--requirement .*\/scripts\/python-tools\.txt$/);
});

test('a pip that fails is told with its last lines, and asked again the next time', async () => {
  givenPython('echo "ERROR: No matching distribution found for ministack" >&2; exit 1');

  expect(await ensure()).toEqual({
    why: 'pip could not install them: ERROR: No matching distribution found for ministack',
  });
  givenPython(brings);
  expect(await ensure()).toEqual({ bin: join(folder, 'bin') });
});

test('a program that the versions wanted do not bring is named', async () => {
  givenPython('touch ministack moto_server cfn-lint');

  expect(await ensure()).toEqual({ why: 'scripts/python-tools.txt brings no aws' });
});
