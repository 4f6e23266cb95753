import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { sha256Hex } from '../../../core/model/canonical-json.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';
import { checkArtifact, maxArtifactBytes, maxArtifactEntries } from '../../../core/release/artifact-check.ts';
import { writeZip, type ZipPart } from '../zip-writer.ts';

const config = {
  run: { user: 'roboshop', program: 'uwsgi', arguments: ['--ini', 'payment.ini', '--need-app'] },
  runtime: {
    python: { preferred: '3.6', accepted: [] },
    packages: { yum: [], dnf: [], apt: [] },
    requirementsFile: 'requirements.txt',
  },
};
const ini: ZipPart = { name: 'payment.ini', content: '[uwsgi]\n' };
const requirements: ZipPart = { name: 'requirements.txt', content: 'Flask\npika\nuWSGI\n' };
const good: readonly ZipPart[] = [ini, requirements, { name: 'payment.py', content: 'app = None\n' }];

async function problemsOf(bytes: Uint8Array): Promise<readonly string[]> {
  try {
    await checkArtifact(bytes, config);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

function unicodePath(name: string, other: string): Uint8Array {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(5 + Buffer.byteLength(other), 2);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(crc32(Buffer.from(name)), 5);
  return Buffer.concat([head, Buffer.from(other)]);
}

describe('a zip as it should be', () => {
  test('gives the hash of its requirements, its listing and its size', async () => {
    const facts = await checkArtifact(writeZip(good), config);

    expect(facts).toEqual({
      requirementsSha256: sha256Hex('Flask\npika\nuWSGI\n'),
      entries: ['payment.ini', 'requirements.txt', 'payment.py'],
      uncompressedBytes: 36,
      warnings: [],
    });
  });

  test('is also what a common packer writes, with directories and modes', async () => {
    const zip = new ZipFile();
    zip.addEmptyDirectory('templates');
    zip.addBuffer(Buffer.from('uwsgi\n'), 'requirements.txt', { mode: 0o100644 });
    zip.addBuffer(Buffer.from('[uwsgi]\n'), 'payment.ini', { mode: 0o100755 });
    zip.addBuffer(Buffer.from('hello\n'), 'templates/page.html', { compress: false });
    zip.end();
    const chunks: Buffer[] = [];
    for await (const chunk of zip.outputStream) {
      chunks.push(Buffer.from(chunk));
    }

    const facts = await checkArtifact(Buffer.concat(chunks), config);

    expect(facts.entries).toEqual(['templates/', 'requirements.txt', 'payment.ini', 'templates/page.html']);
  });

  test('may sit anywhere in a larger buffer', async () => {
    const zip = writeZip(good);
    const larger = Buffer.concat([Buffer.alloc(100, 1), zip, Buffer.alloc(100, 1)]);

    expect(await problemsOf(new Uint8Array(larger.buffer, larger.byteOffset + 100, zip.length))).toEqual([]);
  });

  test.each([
    ['uWSGI==2.0.31\n', []],
    ['  uwsgi[foo]>=2 ; python_version > "3"\r\n', []],
    ['pyuwsgi\n', []],
    ['-r base.txt\n', []],
    ['git+https://example.org/uwsgi.git\n', []],
    ['flask\n# uwsgi\n', ['requirements.txt does not name uWSGI, which run.program starts; add a line uWSGI']],
    ['', ['requirements.txt does not name uWSGI, which run.program starts; add a line uWSGI']],
  ])('with the requirements %j warns of %j', async (content, warnings) => {
    const facts = await checkArtifact(writeZip([ini, { name: 'requirements.txt', content }]), config);

    expect(facts.warnings).toEqual(warnings);
  });

  test('needs no uWSGI where another program is started, and no ini where none is named', async () => {
    const other = { ...config, run: { user: 'roboshop', program: 'gunicorn', arguments: ['payment:app'] } };

    const facts = await checkArtifact(writeZip([{ name: 'requirements.txt', content: 'gunicorn\n' }]), other);

    expect(facts.warnings).toEqual([]);
  });
});

describe('a zip that is refused', () => {
  const rows: readonly (readonly [string, readonly ZipPart[], readonly string[]])[] = [
    ['without the ini file', [requirements], ['the zip has no payment.ini']],
    ['without requirements', [ini], ['the zip has no requirements.txt']],
    ['with nothing', [], ['the zip has no payment.ini', 'the zip has no requirements.txt']],
    [
      'packed with its directory',
      [
        { name: 'payment/payment.ini', content: 'x' },
        { name: 'payment/requirements.txt', content: 'x' },
      ],
      [
        'the zip has no payment.ini at its top, but payment/payment.ini: zip the files, not the directory that holds them',
        'the zip has no requirements.txt at its top, but payment/requirements.txt: zip the files, not the directory that holds them',
      ],
    ],
    ['with a directory of that name', [{ name: 'payment.ini/' }, requirements], ['the zip has no payment.ini']],
    [
      'with ..',
      [...good, { name: '../etc/cron.d/x', content: 'x' }],
      ['the zip has a path that leads out of its directory: "../etc/cron.d/x"'],
    ],
    [
      'with .. in the middle',
      [...good, { name: 'a/../../x', content: 'x' }],
      ['the zip has a path that leads out of its directory: "a/../../x"'],
    ],
    [
      'with an absolute path',
      [...good, { name: '/etc/passwd', content: 'x' }],
      ['the zip has an absolute path: "/etc/passwd"'],
    ],
    ['with a drive', [...good, { name: 'C:x', content: 'x' }], ['the zip has an absolute path: "C:x"']],
    [
      'with backslashes',
      [...good, { name: '..\\x', content: 'x' }],
      [
        'the zip has a path that leads out of its directory: "..\\\\x"',
        'the zip has a path with a backslash: "..\\\\x"; pack it with forward slashes',
      ],
    ],
    [
      'with a line break in a name',
      [...good, { name: 'a\nb', content: 'x' }],
      ['the zip has a path with control characters: "a\\nb"'],
    ],
    [
      'with a symbolic link',
      [...good, { name: 'link', content: '/etc/shadow', mode: 0o120777 }],
      ['the zip has a symbolic link: "link"; put the file itself in'],
    ],
    [
      'with requirements that are a link',
      [ini, { name: 'requirements.txt', content: 'x', mode: 0o120777 }],
      ['the zip has a symbolic link: "requirements.txt"; put the file itself in', 'the zip has no requirements.txt'],
    ],
    [
      'with a device',
      [...good, { name: 'null', mode: 0o020666 }],
      ['the zip has an entry that is neither file nor directory: "null"'],
    ],
    [
      'with an encrypted entry',
      [...good, { name: 'secret', content: 'x', flags: 1 }],
      ['the zip has an encrypted entry: "secret"; pack it without a password'],
    ],
    [
      'with LZMA',
      [...good, { name: 'lzma', content: 'x', method: 14 }],
      ['the zip has an entry of compression method 14: "lzma"; pack it with deflate'],
    ],
    ['with a name twice', [...good, ini], ['the zip has two entries of the same name: "payment.ini"']],
    [
      'with a name twice in two spellings',
      [...good, { name: './a//b', content: 'x' }, { name: 'a/b', content: 'y' }],
      ['the zip has two entries of the same name: "a/b"'],
    ],
    [
      'with a file that is a directory too',
      [...good, { name: 'a', content: 'x' }, { name: 'a/b/c', content: 'y' }],
      ['the zip has "a" as a file and as a directory'],
    ],
    [
      "with Rollgate's own directory",
      [...good, { name: '.rollgate/release.json', content: '{}' }],
      ['the zip has ".rollgate/release.json"; the directory .rollgate belongs to Rollgate'],
    ],
    [
      'with an entry of two names',
      [...good, { name: 'a.txt', content: 'x', extra: unicodePath('a.txt', '../b') }],
      ['the zip has an entry with two names: "a.txt" and "../b"'],
    ],
    [
      'that unpacks to more than a gigabyte',
      [...good, { name: 'bomb', content: 'x', claimedBytes: 0xf0000000 }],
      ['the zip unpacks to 3840.0 MB; the limit is 1024.0 MB'],
    ],
  ];

  test.each(rows)('%s', async (_, parts, problems) => {
    expect(await problemsOf(writeZip(parts))).toEqual(problems);
  });

  test('with requirements whose bytes are not as the listing says', async () => {
    const zip = writeZip([ini, { ...requirements, method: 0 }]);
    zip[zip.indexOf('pika')] = 0x50;

    expect(await problemsOf(zip)).toEqual([
      'the zip is damaged: requirements.txt does not have the size and checksum that the zip says',
    ]);
  });

  test('with requirements that inflate to more than the listing says', async () => {
    const zip = writeZip([ini, { name: 'requirements.txt', content: 'x'.repeat(5_000_000), claimedBytes: 10 }]);

    expect(await problemsOf(zip)).toEqual(['the zip is damaged: requirements.txt can not be unpacked']);
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('this is no zip')],
    ['a gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
  ])('because it is none: %s', async (_, bytes) => {
    expect(await problemsOf(bytes)).toEqual(['the artifact is not a zip file']);
  });

  test.each([
    ['in its listing', (zip: Buffer) => zip.subarray(0, zip.length - 30)],
    ['in its first file', (zip: Buffer) => zip.subarray(0, 40)],
    ['after its signature', (zip: Buffer) => zip.subarray(0, 4)],
    ['at its beginning', (zip: Buffer) => zip.subarray(20)],
    ['in its middle', (zip: Buffer) => Buffer.concat([zip.subarray(0, 60), zip.subarray(80)])],
  ])('because it is cut off %s, told without words of the library', async (_, cut) => {
    const refusal = await checkArtifact(cut(Buffer.from(writeZip(good))), config).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(InvalidDeploymentError);
    expect(refusal).toMatchObject({
      problems: ['the zip is cut off or damaged; pack it again and upload that'],
      cause: expect.any(Error),
    });
  });

  test('because it is too large, before it is looked into', async () => {
    expect(await problemsOf(Buffer.alloc(maxArtifactBytes + 1024 * 1024))).toEqual([
      'the artifact has 201.0 MB; the limit is 200.0 MB',
    ]);
  });

  test('because it has too many entries', async () => {
    const parts = Array.from({ length: maxArtifactEntries + 1 }, (_, index) => ({ name: String(index), method: 0 }));

    expect(await problemsOf(writeZip(parts))).toEqual(['the zip has 20001 entries; the limit is 20000']);
  });

  test('with more problems than a person reads, and says how many more', async () => {
    const links = Array.from({ length: 30 }, (_, index) => ({ name: `l${index}`, mode: 0o120777 }));

    const problems = await problemsOf(writeZip([...good, ...links]));

    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe('and 10 more problems like these');
  });
});

test('any bytes, a zip changed anywhere included, are taken or refused, never a crash', async () => {
  const zip = writeZip(good);
  const changed = fc
    .tuple(fc.nat(zip.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }))
    .map(([at, bytes]) => Buffer.concat([zip.subarray(0, at), bytes, zip.subarray(at + bytes.length)]));

  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), changed), async (bytes) => {
      const problems = await problemsOf(bytes);
      expect(problems.every((problem) => problem.length > 10)).toBe(true);
    }),
    { numRuns: 400 },
  );
});
