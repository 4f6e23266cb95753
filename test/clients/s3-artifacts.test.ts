import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Answer, givenAws, s3Error, xml } from './aws-endpoint.ts';

const bytes = 'the bytes of the zip';
const sha256 = createHash('sha256').update(bytes).digest('hex');
const checksum = Buffer.from(sha256, 'hex').toString('base64');
/** An ETag as S3 gives it to a small object. */
const etag = '0123456789abcdef0123456789abcdef';
const exists = s3Error(412, 'PreconditionFailed');
const at = '2026-11-22T20:45:00.000Z';

const version = (key: string, id: string, tag = `${id}-etag`): string =>
  `<Version><Key>${key}</Key><VersionId>${id}</VersionId><ETag>"${tag}"</ETag><Size>20</Size><LastModified>${at}</LastModified></Version>`;
const deleted = (key: string, id: string): string =>
  `<DeleteMarker><Key>${key}</Key><VersionId>${id}</VersionId><LastModified>${at}</LastModified></DeleteMarker>`;
const versions = (body: string, more = '<IsTruncated>false</IsTruncated>'): Answer =>
  xml(`<ListVersionsResult>${body}${more}</ListVersionsResult>`);
const copied = (inner: string): Answer => xml(`<CopyObjectResult><ETag>"e"</ETag>${inner}</CopyObjectResult>`);

describe('the versions of the artifact', () => {
  test('are those of the key alone, in the order of the bucket, without delete markers', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(
      versions(
        deleted('payment.zip', 'd1') +
          version('payment.zip', 'v3') +
          version('payment.zip', 'v1') +
          version('payment.zip.bak', 'b1'),
      ),
    );

    expect(await ports.artifacts.versions()).toEqual(
      ['v3', 'v1'].map((versionId) => ({
        bucket: 'builds',
        key: 'payment.zip',
        versionId,
        etag: `"${versionId}-etag"`,
        bytes: 20,
        uploadedAt: at,
      })),
    );
    expect(aws.requests[0]?.query.get('prefix')).toBe('payment.zip');
  });

  test('come from all pages, and the pages of other keys are not asked for', async () => {
    const { aws, ports } = await givenAws();
    const next = (key: string, id: string): string =>
      `<IsTruncated>true</IsTruncated><NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>${id}</NextVersionIdMarker>`;
    aws.answerInTurn(
      versions(version('payment.zip', 'v2'), next('payment.zip', 'v2')),
      versions(version('payment.zip', 'v1') + version('payment.zip.bak', 'b1'), next('payment.zip.bak', 'b1')),
    );

    expect((await ports.artifacts.versions()).map(({ versionId }) => versionId)).toEqual(['v2', 'v1']);
    expect(aws.requests.map(({ query }) => [query.get('key-marker'), query.get('version-id-marker')])).toEqual([
      [null, null],
      ['payment.zip', 'v2'],
    ]);
  });

  test('without an id are known by their ETag, as events name it', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(versions(version('payment.zip', 'null', etag)));

    expect((await ports.artifacts.versions()).map((each) => [each.versionId, each.etag])).toEqual([
      [etag, `"${etag}"`],
    ]);
  });
});

describe('the bytes of a version', () => {
  test('are read by its id', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn({ body: bytes });

    expect(Buffer.from(await ports.artifacts.read('v/+1')).toString()).toBe(bytes);
    expect(aws.requests.map(({ query }) => query.get('versionId'))).toEqual(['v/+1']);
  });

  test('are read by the ETag where the bucket has no versions', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(s3Error(400, 'InvalidArgument', 'Invalid version id specified'), { body: bytes });

    expect(Buffer.from(await ports.artifacts.read(etag)).toString()).toBe(bytes);
    expect(aws.requests.map(({ query, headers }) => [query.get('versionId'), headers['if-match']])).toEqual([
      [etag, undefined],
      [null, `"${etag}"`],
    ]);
  });

  test('are read by the ETag where the bucket got its versions later', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(s3Error(404, 'NoSuchVersion'), exists, { body: bytes });

    expect(Buffer.from(await ports.artifacts.read(etag)).toString()).toBe(bytes);
    expect(aws.requests.map(({ query, headers }) => [query.get('versionId'), headers['if-match']])).toEqual([
      [etag, undefined],
      [null, `"${etag}"`],
      ['null', `"${etag}"`],
    ]);
  });

  test.each([
    ['expired', s3Error(404, 'NoSuchVersion')],
    ['is a delete marker', s3Error(405, 'MethodNotAllowed')],
    ['was written over', s3Error(412, 'PreconditionFailed')],
  ])('that %s are an InvalidDeploymentError that names the version', async (_, answer) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(answer);

    await expect(ports.artifacts.read('v1')).rejects.toMatchObject({
      name: 'InvalidDeploymentError',
      message: 's3://builds/payment.zip has no version v1: it was deleted, or never was',
    });
  });

  test('that may not be read are denied, not gone', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(s3Error(403, 'AccessDenied', 'Access Denied'));

    await expect(ports.artifacts.read('v1')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringMatching(/^s3:GetObjectVersion on s3:\/\/builds\/payment\.zip was denied/),
    });
    expect(aws.requests).toHaveLength(1);
  });
});

describe('a copy into the ledger', () => {
  test('is made by S3 with its own SHA-256, and only where none is', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(copied(`<ChecksumSHA256>${checksum}</ChecksumSHA256><ChecksumType>FULL_OBJECT</ChecksumType>`));

    expect(await ports.artifacts.copyToLedger('v/+1', 'rollgate/payment/releases/1.zip')).toEqual({ sha256 });
    expect(aws.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/state/rollgate/payment/releases/1.zip',
        headers: {
          'x-amz-copy-source': 'builds/payment.zip?versionId=v%2F%2B1',
          'x-amz-checksum-algorithm': 'SHA256',
          'if-none-match': '*',
          'x-amz-tagging-directive': 'REPLACE',
        },
      },
    ]);
  });

  test('that is there stays, and its SHA-256 is told', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ method }) => (method === 'HEAD' ? { headers: { 'x-amz-checksum-sha256': checksum } } : exists));

    expect(await ports.artifacts.copyToLedger('v1', 'r/1.zip')).toEqual({ sha256 });
    expect(aws.requests.map(({ method, headers }) => [method, headers['x-amz-checksum-mode']])).toEqual([
      ['PUT', undefined],
      ['HEAD', 'ENABLED'],
    ]);
  });

  test.each([
    ['none', {}],
    ['one of its parts', { 'x-amz-checksum-sha256': `${checksum}-3` }],
    ['one that says it is composite', { 'x-amz-checksum-sha256': checksum, 'x-amz-checksum-type': 'COMPOSITE' }],
  ])('whose checksum at S3 is %s is read for its SHA-256', async (_, headers) => {
    const { aws, ports } = await givenAws();
    aws.answer(({ method }) => (method === 'HEAD' ? { headers } : method === 'GET' ? { body: bytes } : exists));

    expect(await ports.artifacts.copyToLedger('v1', 'r/1.zip')).toEqual({ sha256 });
    expect(aws.actions()).toEqual(['PUT', 'HEAD', 'GET']);
  });

  test('whose own answer has no checksum of the bytes is read for it', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(copied(`<ChecksumSHA256>${checksum}-2</ChecksumSHA256>`), { body: bytes });

    expect(await ports.artifacts.copyToLedger('v1', 'r/1.zip')).toEqual({ sha256 });
    expect(aws.requests.at(-1)).toMatchObject({ method: 'GET', path: '/state/r/1.zip' });
  });

  test('outlives the upload that it was made of', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ method }) =>
      method === 'HEAD' ? { headers: { 'x-amz-checksum-sha256': checksum } } : s3Error(404, 'NoSuchVersion'),
    );

    expect(await ports.artifacts.copyToLedger('v1', 'r/1.zip')).toEqual({ sha256 });
  });

  test('of a version that is gone is an InvalidDeploymentError where none was made before', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ method }) => (method === 'HEAD' ? { status: 404 } : s3Error(404, 'NoSuchVersion')));

    await expect(ports.artifacts.copyToLedger('v1', 'r/1.zip')).rejects.toMatchObject({
      name: 'InvalidDeploymentError',
      message: 's3://builds/payment.zip has no version v1: it was deleted, or never was',
    });
  });

  test('of what has no versions is bound to its ETag', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ headers }) =>
      headers['x-amz-copy-source-if-match'] === `"${etag}"`
        ? copied(`<ChecksumSHA256>${checksum}</ChecksumSHA256>`)
        : s3Error(404, 'NoSuchVersion'),
    );

    expect(await ports.artifacts.copyToLedger(etag, 'r/1.zip')).toEqual({ sha256 });
    expect(aws.requests.at(-1)?.headers['x-amz-copy-source']).toBe('builds/payment.zip');
  });

  test('that S3 reports as failed behind a 200 is tried again', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(
      xml('<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>'),
      copied(`<ChecksumSHA256>${checksum}</ChecksumSHA256>`),
    );

    expect(await ports.artifacts.copyToLedger('v1', 'r/1.zip')).toEqual({ sha256 });
  });
});

test.each([
  ['v7', { 'x-amz-version-id': 'v7' }],
  [etag, {}],
])('an upload is told as the version %s', async (versionId, headers) => {
  const { aws, ports } = await givenAws();
  aws.answer(({ method }) =>
    method === 'PUT'
      ? { headers: { etag: `"${etag}"`, ...headers } }
      : { headers: { 'last-modified': 'Sun, 22 Nov 2026 20:45:00 GMT' } },
  );

  expect(await ports.artifacts.upload(Buffer.from(bytes))).toEqual({
    bucket: 'builds',
    key: 'payment.zip',
    versionId,
    etag: `"${etag}"`,
    bytes: bytes.length,
    uploadedAt: at,
  });
  expect(aws.requests[0]?.body).toBe(bytes);
});
