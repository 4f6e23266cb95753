import { expect, test } from 'vitest';
import { type Answer, type Endpoint, givenAws, type Request, s3Error, xml } from './aws-endpoint.ts';

const object = (body: string, etag = '"1"'): Answer => ({ headers: { etag }, body });
const written: Answer = { headers: { etag: '"2"' } };

interface Stored {
  readonly etag: string;
  readonly writeId: string | undefined;
  readonly body: string;
}

/** One key as S3 keeps it: writes under conditions, and what a HEAD says of it. */
function givenObject(aws: Endpoint, lose: (request: Request, index: number) => boolean): { stored?: Stored } {
  const held: { stored?: Stored } = {};
  let writes = 0;
  aws.answer((request, index) => {
    const answer = answerFor(request);
    return lose(request, index) ? 'lost' : answer;
  });
  function answerFor({ method, headers, body }: Request): Answer {
    if (method === 'HEAD') {
      return held.stored === undefined
        ? { status: 404 }
        : { headers: { etag: held.stored.etag, 'x-amz-meta-rollgate-write': held.stored.writeId ?? '' } };
    }
    const isAllowed =
      headers['if-none-match'] === '*' ? held.stored === undefined : headers['if-match'] === held.stored?.etag;
    if (!isAllowed) {
      return s3Error(412, 'PreconditionFailed');
    }
    writes += 1;
    held.stored = { etag: `"w${writes}"`, writeId: headers['x-amz-meta-rollgate-write'], body };
    return { headers: { etag: held.stored.etag } };
  }
  return held;
}

test('an object is read with its ETag, and one that is not there is undefined', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(object('{"grüße":1}', '"abc"'), s3Error(404, 'NoSuchKey'));

  expect(await ports.ledger.read('rollgate/payment/state.json')).toEqual({
    key: 'rollgate/payment/state.json',
    body: '{"grüße":1}',
    etag: '"abc"',
  });
  expect(await ports.ledger.read('rollgate/none.json')).toBeUndefined();
  expect(aws.requests[0]).toMatchObject({ method: 'GET', path: '/state/rollgate/payment/state.json' });
});

test('a bucket that is not there is an error, not an empty ledger', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist'));

  await expect(ports.ledger.read('a.json')).rejects.toMatchObject({ name: 'NoSuchBucket' });
  await expect(ports.ledger.replace('a.json', 'x', '"1"')).rejects.toMatchObject({ name: 'NoSuchBucket' });
});

test('writes carry their condition', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(written);

  expect(await ports.ledger.create('a.json', 'one')).toEqual({ kind: 'written', etag: '"2"' });
  expect(await ports.ledger.replace('a.json', 'two', '"2"')).toEqual({ kind: 'written', etag: '"2"' });
  await ports.ledger.put('a.json', 'three');

  expect(
    aws.requests.map(({ method, headers, body }) => [method, headers['if-none-match'], headers['if-match'], body]),
  ).toEqual([
    ['PUT', '*', undefined, 'one'],
    ['PUT', undefined, '"2"', 'two'],
    ['PUT', undefined, undefined, 'three'],
  ]);
});

test.each([
  ['412', s3Error(412, 'PreconditionFailed')],
  ['404 of an If-Match on nothing', s3Error(404, 'NoSuchKey')],
])('%s is a conflict at once: nobody asks whose object that is', async (_, refusal) => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(refusal);

  expect(await ports.ledger.replace('a.json', 'x', '"1"')).toEqual({ kind: 'conflict' });
  expect(aws.actions()).toEqual(['PUT']);
});

test('409 is tried again, and is a conflict where it stays', async () => {
  const { aws, ports } = await givenAws();
  const race = s3Error(409, 'ConditionalRequestConflict');

  aws.answerInTurn(race, written);
  expect(await ports.ledger.create('a.json', 'x')).toEqual({ kind: 'written', etag: '"2"' });

  aws.answer(({ method }) => (method === 'HEAD' ? { status: 404 } : race));
  expect(await ports.ledger.create('a.json', 'x')).toEqual({ kind: 'conflict' });
  expect(aws.actions()).toEqual(['PUT', 'PUT', 'PUT', 'PUT', 'PUT', 'HEAD']);
});

test.each(['create', 'replace'] as const)(
  '%s whose answer was lost is written: the 412 of the second try is our own object',
  async (kind) => {
    const { aws, ports } = await givenAws();
    const held = givenObject(aws, (_, index) => index === (kind === 'create' ? 0 : 1));
    if (kind === 'replace') await ports.ledger.create('a.json', 'first');

    const result =
      kind === 'create'
        ? await ports.ledger.create('a.json', 'mine')
        : await ports.ledger.replace('a.json', 'mine', '"w1"');

    expect(held.stored?.body).toBe('mine');
    expect(result).toEqual({ kind: 'written', etag: held.stored?.etag });
  },
);

test('a write whose answer was lost and that others overtook is a conflict', async () => {
  const { aws, ports } = await givenAws();
  const held = givenObject(aws, (_, index) => {
    if (index > 0) return false;
    held.stored = { etag: '"theirs"', writeId: 'theirs', body: 'theirs' };
    return true;
  });

  expect(await ports.ledger.create('a.json', 'mine')).toEqual({ kind: 'conflict' });
  expect(aws.actions()).toEqual(['PUT', 'PUT', 'HEAD']);
});

test('503 is tried again, and is a TransientAwsError that says so where it stays', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(s3Error(503, 'SlowDown', 'Please reduce your request rate.'), object('x'));
  expect((await ports.ledger.read('a.json'))?.body).toBe('x');

  aws.answerInTurn(s3Error(503, 'SlowDown', 'Please reduce your request rate.'));
  await expect(ports.ledger.read('a.json')).rejects.toMatchObject({
    name: 'TransientAwsError',
    message:
      's3:GetObject on s3://state/a.json did not succeed after 4 attempts (SlowDown: Please reduce your request rate.): AWS is busy or out of reach; try again',
  });
  expect(aws.actions()).toHaveLength(6);
});

test('an answer that breaks off in its body is a TransientAwsError', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn('cut');

  await expect(ports.ledger.read('a.json')).rejects.toMatchObject({ name: 'TransientAwsError' });
});

test('what is denied keeps its name and says the action, with a body and without one', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(s3Error(403, 'AccessDenied', 'Access Denied'));

  await expect(ports.ledger.read('a.json')).rejects.toMatchObject({
    name: 'AccessDenied',
    message:
      's3:GetObject on s3://state/a.json was denied (AccessDenied: Access Denied): the role must allow it, and no policy of the resource forbid it',
  });
  aws.answer(({ method }, index) =>
    method === 'HEAD' ? { status: 403 } : index === 1 ? 'lost' : s3Error(412, 'PreconditionFailed'),
  );
  await expect(ports.ledger.create('a.json', 'x')).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringMatching(/^s3:GetObject on s3:\/\/state\/a\.json was denied/),
  });
});

test.each([
  ['nothing in its way', { status: 204 }],
  ['another version', s3Error(412, 'PreconditionFailed')],
  ['nothing there', s3Error(404, 'NoSuchKey')],
  ['somebody just writing', s3Error(409, 'ConditionalRequestConflict')],
])('a removal with an ETag and %s is no error', async (_, answer) => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(answer);

  await ports.ledger.remove('a.json', '"1"');

  expect(aws.requests.map(({ method, headers }) => [method, headers['if-match']])).toEqual([['DELETE', '"1"']]);
});

test('a list has every key of every page', async () => {
  const { aws, ports } = await givenAws();
  const page = (keys: readonly string[], next?: string): Answer =>
    xml(
      `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}` +
        `<IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}</ListBucketResult>`,
    );
  aws.answerInTurn(page(['p/a', 'p/b'], 'more+/='), page([], 'most'), page(['p/c']));

  expect(await ports.ledger.list('p/')).toEqual(['p/a', 'p/b', 'p/c']);
  expect(aws.requests.map(({ query }) => [query.get('prefix'), query.get('continuation-token')])).toEqual([
    ['p/', null],
    ['p/', 'more+/='],
    ['p/', 'most'],
  ]);
});
