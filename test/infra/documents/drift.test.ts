import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseHostInspection } from '../../../core/model/host-inspection.ts';
import { python, pythons } from './helpers.ts';

let top: string;
let code: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'rollgate-drift-'));
  code = join(top, 'code');
  await mkdir(join(code, 'lib', '__pycache__'), { recursive: true });
  await Promise.all([
    writeFile(join(code, 'a.py'), 'A = 1\n'),
    writeFile(join(code, 'lib', 'with space & ü.py'), ''),
    writeFile(join(code, 'lib', '__pycache__', 'a.pyc'), 'x'),
    symlink('a.py', join(code, 'link')),
  ]);
});

afterEach(async () => {
  await rm(top, { recursive: true, force: true });
});

describe.each(pythons)('what drift compares, on %s', (interpreter) => {
  const run = (script: string, ...arguments_: string[]) =>
    python(interpreter, `import drift, json, recorded, sys\n${script}`, arguments_);

  async function record(): Promise<string> {
    const list = join(top, 'list');
    await writeFile(list, (await run('recorded.main("record", sys.argv[1])', code)).stdout);
    return list;
  }

  test('a folder that is as it was recorded differs in nothing, whatever Python compiled since', async () => {
    const list = await record();
    await writeFile(join(code, 'lib', '__pycache__', 'b.pyc'), 'y');

    expect((await run('recorded.main("folder", *sys.argv[1:])', code, list)).stdout).toBe('');
  });

  test('every file that was changed, added, taken away, opened or pointed elsewhere is named', async () => {
    const list = await record();
    await Promise.all([
      writeFile(join(code, 'lib', 'with space & ü.py'), 'changed'),
      writeFile(join(code, 'new.py'), ''),
      rm(join(code, 'link')),
      chmod(join(code, 'a.py'), 0o666),
    ]);
    await symlink('/etc/passwd', join(code, 'link'));

    const owner = process.getuid?.() ?? 0;
    const { stdout } = await run('recorded.main("folder", *sys.argv[1:])', code, list);
    expect(stdout.trim().split('\n')).toEqual([
      'file-added\tnew.py',
      `file-changed\ta.py (mode and owner 666:${owner}, not 644:${owner})`,
      'file-changed\tlib/with space & ü.py',
      'file-changed\tlink',
    ]);
  });

  test('without a record there is nothing to compare with', async () => {
    expect(await run('recorded.main("folder", *sys.argv[1:])', code, join(top, 'none'))).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  test('a variable that differs is named, and no value is printed', async () => {
    const { stdout } = await run(`
written = {"salt": "s", "values": dict((name, drift.hash_of("s", name, value)) for name, value in
           [("SAME", u"é\\n"), ("OTHER", u"secret one"), ("GONE", u"x")])}
print(json.dumps(drift.differing({"SAME": u"é\\n", "OTHER": u"secret two", "MORE": u""}, written)))`);

    expect(JSON.parse(stdout)).toEqual(['GONE', 'OTHER']);
  });

  test('a report of thousands of findings holds some of each kind, and says how many more there are', async () => {
    const { stdout } = await run(`
found = [[kind, "%s %d" % ("x" * 250, number)] for kind in ("code-added", "code-changed", "unit-changed") for number in range(2000)]
base = {"schema": 1, "script": "inspect", "service": "payment", "running": "none", "isActive": True, "atSeconds": 1}
print(drift.fitted(base, found))`);

    const report = parseHostInspection(stdout);
    expect(stdout.length).toBeLessThan(20_000);
    expect(report?.more).toEqual({ 'code-added': 1980, 'code-changed': 1980, 'unit-changed': 1980 });
    expect(report?.findings).toHaveLength(60);
  });
});
