import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { createHostEndpoints } from '../../../local/host-endpoints/host-endpoints.ts';
import { createParameterStore } from '../../../local/host-endpoints/parameter-store.ts';
import { configuration } from '../../given/configuration.ts';
import { artifactOf, manifestOf } from '../../given/releases.ts';
import { startAmqpBroker } from './amqp-broker.ts';
import { python, pythons } from './helpers.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollgate-helpers-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** A zip of entries whose names yazl would refuse: made under an equally long name, then renamed in its bytes. */
async function zipFile(entries: Readonly<Record<string, { content?: string; mode?: number }>>): Promise<string> {
  const zip = new ZipFile();
  const standIns = Object.keys(entries).map((name, index) => [`${index}`.padEnd(name.length, 'x'), name] as const);
  for (const [standIn, name] of standIns) {
    const { content = 'content', mode = 0o100644 } = entries[name] ?? {};
    zip.addBuffer(Buffer.from(content), standIn, { mode, mtime: new Date(0) });
  }
  zip.end();
  const blocks: Buffer[] = [];
  for await (const block of zip.outputStream) blocks.push(block as Buffer);
  let bytes = Buffer.concat(blocks).toString('latin1');
  for (const [standIn, name] of standIns) bytes = bytes.replaceAll(standIn, name);
  const path = join(folder, 'artifact.zip');
  await writeFile(path, Buffer.from(bytes, 'latin1'));
  return path;
}

describe.each(pythons)('the helpers on %s', (interpreter) => {
  const run = (code: string, ...arguments_: string[]) => python(interpreter, code, arguments_);
  const unpack = (zip: string) => run('import artifact, sys; artifact.main("unpack", *sys.argv[1:])', zip, folder);

  test('an environment file read back holds what was written, whatever is printable', async () => {
    const values = {
      PLAIN: printable,
      MULTI: 'one\ntwo="three"\\\n# secret: NOT',
      EMPTY: '',
      UNICODE: 'é€😀',
      SECRET: `${printable}x`,
    };
    const path = join(folder, 'test.env');

    const result = await run(
      `import json, redact, service_files
given = json.loads(sys.argv[1])
secrets = {"SECRET": given.pop("SECRET")}
text = service_files.environment_text({"environment": given}, secrets)
open(sys.argv[2], "wb").write(text.encode("utf-8"))
values, secret = redact.read_environment(sys.argv[2])
print(json.dumps([values, sorted(secret)]))`,
      JSON.stringify(values),
      path,
    );

    expect(JSON.parse(result.stdout)[0]).toEqual(values);
    expect(JSON.parse(result.stdout)[1]).toContain('SECRET');
  });

  test('journal patterns are written one a line, and no line at all where there is none', async () => {
    const path = join(folder, 'patterns');
    const written = async (journalPatterns: readonly string[]): Promise<string> => {
      const manifest = join(folder, 'manifest.json');
      const given = { ...configuration, health: { ...configuration.health, journalPatterns } };
      await writeFile(manifest, JSON.stringify(manifestOf(1, artifactOf(1, new Uint8Array()), given)));
      await run('import manifest, sys; manifest.main(*sys.argv[1:])', manifest, path);
      return readFile(path, 'utf8');
    };

    expect(await written(['[Cc]onnection refused', 'é'])).toBe('[Cc]onnection refused\né\n');
    expect(await written([])).toBe('');
  });

  test('a unit quotes its words for systemd and knows the numbers of its user', async () => {
    const words = ['--plain', 'unix_signal:15 gracefully_kill_them_all', '100%', '$HOME', 'a"b\\c', '{uid}', ';'];
    const manifest = {
      releaseId: 'v1-0123456789ab',
      configuration: {
        service: 'payment',
        description: 'Payment\nService 100%',
        run: { user: 'root', program: 'uwsgi', arguments: words },
        unit: { stopSeconds: 30, restartSeconds: 1 },
      },
    };

    const { stdout } = await run(
      'import json, service_files; print(service_files.unit_text(json.loads(sys.argv[1]), "/app/venvs/x", "/etc/e.env"))',
      JSON.stringify(manifest),
    );

    expect(stdout.split('\n')[0]).toBe('# Rollgate release v1-0123456789ab');
    expect(stdout).toContain('Description=Payment Service 100%%\n');
    expect(stdout).toContain(
      'ExecStart=/app/venvs/x/bin/uwsgi --plain "unix_signal:15 gracefully_kill_them_all" 100%% "$$HOME" "a\\"b\\\\c" 0 ";"\n',
    );
  });

  test('a secret is redacted in every spelling and alignment, its neighbours are not', async () => {
    const secret = 'pä$$ w"rd\\1<2>&\'x';
    const utf8 = Buffer.from(secret);
    const spellings = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      new URLSearchParams({ x: secret }).toString().slice(2),
      JSON.stringify(secret),
      utf8.toString('hex'),
      utf8.toString('base64'),
      utf8.toString('base64url'),
      Buffer.from(`roboshop:${secret}`).toString('base64'),
      Buffer.from(`\0roboshop\0${secret}\0`).toString('base64'),
      Buffer.from(`xx${secret}yy`).toString('base64'),
      `amqp://roboshop:${encodeURIComponent(secret)}@broker/`,
      secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    ];

    const { stdout } = await run(
      `import json, redact
redactor = redact.Redactor([("AMQP_PASS", sys.argv[1])])
print(json.dumps([redactor.text("before " + line + " after") for line in json.loads(sys.argv[2])]))`,
      secret,
      JSON.stringify(spellings),
    );

    for (const line of JSON.parse(stdout) as string[]) {
      expect(line).toMatch(/^before .*\[redacted.*\].* after$/);
      expect(line).not.toMatch(/w"rd|w%22rd|cGHDpCQk|cMOkJCQ|70c3a4/i);
    }
  });

  test('a secret that ends in white space, or has lines, is found as a journal keeps it', async () => {
    const { stdout } = await run(
      `import redact
redactor = redact.Redactor([("KEY", u"-----BEGIN KEY-----\\nMIIEabcdefgh\\n-----END KEY-----\\n"), ("PASS", u"trailing ")])
print(redactor.text(u"MIIEabcdefgh and trailing"))`,
    );

    expect(stdout).toBe('[redacted KEY] and [redacted PASS]\n');
  });

  test('a secret is redacted in all that Python, uWSGI, systemd and a shell print of it', async () => {
    const secret = 'p@ss\'w"or\\d 1%';
    const shellQuoted = `'${secret.replaceAll("'", "'\\''")}'`;
    const spellings = [
      `KeyError: ${pythonRepr(secret)}`,
      `environ({'AMQP_PASS': ${pythonRepr(secret)}, 'HOME': '/'})`,
      `b${pythonRepr(secret)}`,
      `AMQP_PASS=${secret}`,
      `export AMQP_PASS=${shellQuoted}`,
      `Environment="AMQP_PASS=${secret.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`,
      `amqp://roboshop:${secret}@rabbitmq.internal:5672/`,
      `amqp://roboshop:${encodeURIComponent(secret)}@rabbitmq.internal:5672/%2F`,
      JSON.stringify({ env: { AMQP_PASS: secret } }),
      JSON.stringify(JSON.stringify({ env: { AMQP_PASS: secret } })),
    ];

    const { stdout } = await run(
      `import json, redact
redactor = redact.Redactor([("AMQP_PASS", sys.argv[1])])
print(json.dumps([redactor.text(line) for line in json.loads(sys.argv[2])]))`,
      secret,
      JSON.stringify(spellings),
    );

    for (const line of JSON.parse(stdout) as string[]) {
      expect(line).toContain('[redacted');
      expect(line).not.toMatch(/p@ss|p%40ss|or\\+d|or%5Cd|w\\*"or/i);
    }
  });

  test.each([
    ['Looking in indexes: https://deploy:t0ken@pypi.internal/simple', 't0ken'],
    ['Retrying: https://__token__:pypi-AgEI@pypi.internal/simple/flask/', 'AgEI'],
    ['pika: amqp://guest:gu@est@10.0.0.7:5672/%2F refused', 'est@'],
  ])('credentials in a URL are taken out, whoever they belong to: %s', async (line, secret) => {
    const { stdout } = await run('import redact; print(redact.Redactor([]).text(sys.argv[1]))', line);

    expect(stdout).toContain('://[redacted]@');
    expect(stdout).not.toContain(secret);
  });

  test('the secrets of a unit that was set up by hand are known, however they are quoted there', async () => {
    const environment = join(folder, 'payment.env');
    await writeFile(environment, '# by hand\nAPI_TOKEN="file secret"\nPLAIN=1\n');
    const unit = join(folder, 'payment.service');
    await writeFile(
      unit,
      [
        '[Service]',
        'Environment=CART_HOST=10.0.0.5 AMQP_PASS=plain1',
        'Environment="AMQP_PASS=with space" \'DB_PASSWORD=single quoted\'',
        'Environment=KEY_SECRET="50%% \\"off\\""',
        `EnvironmentFile=-${environment}`,
        'EnvironmentFile=-/nowhere/at/all.env',
      ].join('\n'),
    );

    const { stdout } = await run(
      'import json, redact; print(json.dumps(sorted(redact.secrets_of_unit(sys.argv[1]))))',
      unit,
    );

    expect(JSON.parse(stdout)).toEqual([
      ['AMQP_PASS', 'plain1'],
      ['AMQP_PASS', 'with space'],
      ['API_TOKEN', 'file secret'],
      ['DB_PASSWORD', 'single quoted'],
      ['KEY_SECRET', '50% "off"'],
      ['KEY_SECRET', '50%% "off"'],
    ]);
  });

  test('an artifact is unpacked with modes of our own', async () => {
    const zip = await zipFile({ 'payment.py': { mode: 0o100666 }, 'bin/tool': { mode: 0o104755 }, 'a/b/c.txt': {} });

    const result = await unpack(zip);

    expect(result.code).toBe(0);
    const mode = async (name: string) => ((await stat(join(folder, name))).mode & 0o7777).toString(8);
    expect([await mode('payment.py'), await mode('bin/tool'), await mode('a/b')]).toEqual(['644', '755', '755']);
  });

  test.each([
    ['an absolute path', { '/etc/cron.d/x': {} }],
    ['a path with ..', { 'a/../../x': {} }],
    ['a link', { link: { content: '/etc/passwd', mode: 0o120777 } }],
    ['a special file', { fifo: { mode: 0o010644 } }],
    ['a path with a backslash or a control character', { 'a\\b': {} }],
    ['a path with an empty or a . part', { 'a//b': {} }],
    ['a name that Rollgate keeps for itself', { '.rollgate/release.json': {} }],
  ])('an artifact with %s is refused and nothing of it unpacked', async (problem, entries) => {
    const zip = await zipFile(entries);

    const result = await unpack(zip);

    expect(result.failure).toContain(`artifact-invalid: the artifact holds ${problem}:`);
    expect(await readdir(folder)).toEqual(['artifact.zip']);
  });

  test('what is no zip, and a damaged one, is refused', async () => {
    const path = join(folder, 'artifact.zip');
    await writeFile(path, 'not a zip');
    expect((await unpack(path)).failure).toMatch(/^artifact-invalid: the artifact is not a zip/);

    await zipFile({ 'payment.py': { content: 'x'.repeat(5000) } });
    const bytes = await readFile(path);
    bytes.fill(7, 45, 55);
    await writeFile(path, bytes);
    expect((await unpack(path)).failure).toMatch(/^artifact-invalid: /);
  });

  test('requests are signed as S3 and SSM ask, with the role of the instance', async () => {
    const parameters = createParameterStore(undefined, Date.now);
    const version = parameters.put('/payment/local/AMQP_PASS', 'old one').version;
    parameters.put('/payment/local/AMQP_PASS', printable);
    const endpoints = createHostEndpoints({
      listen: [{ address: '127.0.0.1', port: 0 }],
      hostOf: (address) => ({ instanceId: 'i-0', zone: 'a', privateAddress: address, role: 'host' }),
      service: 'payment',
      region: 'eu-west-1',
      stateBucket: 'state',
      readObject: async (key) => (key.endsWith('releases/1.json') ? Buffer.from('{"a":1}') : undefined),
      parameters,
      parameterPrefix: '/payment/local/',
      clock: { now: Date.now },
    });
    const url = (await endpoints.open())[0]?.url ?? '';
    const file = join(folder, 'endpoints');
    await writeFile(file, `S3=${url}\nSSM=${url}\nIMDS=${url}\n`);
    const prelude = `import aws, json; aws.ENDPOINTS_FILE = ${JSON.stringify(file)}; aws.cli = lambda *ignored: None\n`;

    const object = await run(
      `${prelude}aws.get_object("eu-west-1", "state", "rollgate/payment/releases/1.json", sys.argv[1])`,
      join(folder, 'object'),
    );
    const missing = await run(
      `${prelude}aws.main("object", "eu-west-1", "state", "rollgate/payment/releases/2.json", "/dev/null")`,
    );
    const names = ['/payment/local/AMQP_PASS', `/payment/local/AMQP_PASS:${version}`];
    const values = await run(`${prelude}print(json.dumps(aws.get_parameters("eu-west-1", sys.argv[1:])))`, ...names);
    await endpoints.close();

    expect(object.code).toBe(0);
    expect(await readFile(join(folder, 'object'), 'utf8')).toBe('{"a":1}');
    expect(missing.failure).toMatch(/^(download-failed|permission-denied): /);
    expect(JSON.parse(values.stdout)).toMatchObject({ [names[0] ?? '']: printable, [names[1] ?? '']: 'old one' });
  });

  test('a broker tells a wrong password from a closed virtual host and from no permission; a narrow one is a remark', async () => {
    const broker = await startAmqpBroker('127.0.0.1', 0);
    const given = (name: string, configure: string, write: string, read: string): void =>
      void broker.users.set(name, { password: 'p', vhosts: ['/'], permissions: { configure, write, read } });
    broker.users.set('full', { password: printable, vhosts: ['/'] });
    given('narrow', '^orders$', '^(orders|amq\\.default)$', '^orders$');
    given('none', '', '', '');
    given('none-spelled', '^$', '^$', '^$');
    given('reader', '', '', '^orders$');
    given('maker', '^orders$', '', '');
    const login = async (user: string, password: string, vhost: string) => {
      const code = `import amqp
try:
    print(amqp.login(u"127.0.0.1", ${broker.port}, *[word if isinstance(word, type(u"")) else word.decode("utf-8") for word in sys.argv[1:4]] + [5]))
except amqp.Refused as error:
    print(error.word)`;
      return (await run(code, user, password, vhost)).stdout.trim();
    };

    expect(await login('full', printable, '/')).toBe('None');
    expect(await login('full', 'wrong', '/')).toBe('amqp-auth-failed');
    expect(await login('full', printable, 'orders')).toBe('amqp-access-refused');
    expect(await login('narrow', 'p', '/')).toBe(
      'user narrow may not write to every exchange of vhost /: its permission patterns are narrow',
    );
    for (const name of ['none', 'none-spelled']) expect(await login(name, 'p', '/')).toBe('amqp-access-refused');
    for (const name of ['reader', 'maker']) {
      expect(await login(name, 'p', '/')).toBe(
        `user ${name} may write to no exchange of vhost /: its permission to write is empty`,
      );
    }
    await broker.close();
  });

  test('a report that is too long loses its oldest journal lines first', async () => {
    await writeFile(
      join(folder, 'evidence.json'),
      JSON.stringify({ journal: Array.from({ length: 100 }, (_, n) => `${n} ${'x'.repeat(500)}`), pip: ['kept'] }),
    );
    const fields =
      'script=verify\noutcome=failed\nfailure=internal\nmessage=m\nfence=7\nhost.isActive=yes\nhost.mainPid=1\n';

    const result = await python(interpreter, 'import report; report.main("nothing", sys.argv[1])', [folder], {
      stdin: fields,
    });
    const report = JSON.parse(result.stdout);

    expect(result.stdout.length).toBeLessThanOrEqual(20_001);
    expect(report.host).toEqual({ isActive: true, mainPid: 1 });
    expect(report.evidence.pip).toEqual(['kept']);
    expect(report.evidence.journal.at(-1)).toMatch(/^99 /);
  });
});

/** As Python writes a text in a traceback: in single quotes, with these and backslashes escaped. */
function pythonRepr(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
