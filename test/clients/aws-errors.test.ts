import { expect, test } from 'vitest';
import { isSurelyUndone, toKnownError } from '../../clients/aws/aws-errors.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';

const thrown = (name: string, more: object = {}): Error => Object.assign(new Error('why'), { name, ...more });
const status = (httpStatusCode: number): object => ({ $metadata: { httpStatusCode } });
const known = (error: unknown): unknown => toKnownError('ssm:SendCommand', 'i-0', error);

test.each([
  ['a throttled call', thrown('ThrottlingException', status(400)), true],
  ['a throttled call of EC2', thrown('RequestLimitExceeded', status(503)), true],
  ['a throttled call of S3', thrown('SlowDown', status(503)), true],
  ['a proxy that throttles', thrown('Unknown', status(429)), true],
  [
    'a clock that was put right',
    thrown('RequestTimeTooSkewed', { $metadata: { clockSkewCorrected: true, httpStatusCode: 500 } }),
    true,
  ],
  ['a service that is down', thrown('ServiceUnavailable', status(503)), false],
  ['an error inside of it', thrown('InternalServerError', status(500)), false],
  ['an answer that is no JSON', thrown('SyntaxError', status(502)), false],
  ['an answer that never came', thrown('TimeoutError'), false],
  ['a connection that broke', thrown('Error', { code: 'ECONNRESET' }), false],
  ['a connection that was closed', thrown('Error', { code: 'EPIPE' }), false],
  ['a connection that nobody took', thrown('AggregateError', { code: 'ECONNREFUSED' }), true],
  ['a name that was not found', thrown('Error', { code: 'ENOTFOUND' }), true],
  ['a cause further down', thrown('Error', { cause: thrown('Error', { code: 'ETIMEDOUT' }) }), false],
])('%s passes: TransientAwsError', (_, error, isUndone) => {
  expect(known(error)).toMatchObject({ name: 'TransientAwsError', cause: error });
  expect(isSurelyUndone(error)).toBe(isUndone);
});

test.each(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden'])(
  '%s keeps its name and says what was denied on what',
  (name) => {
    expect(known(thrown(name, status(403)))).toMatchObject({
      name,
      message: `ssm:SendCommand on i-0 was denied (${name}: why): the role must allow it, and no policy of the resource forbid it`,
    });
  },
);

test.each([
  ['an error of AWS that does not pass', thrown('InvalidDocument', status(400))],
  ['credentials that are too old', thrown('ExpiredTokenException', status(400))],
  ['a signature that is wrong', thrown('SignatureDoesNotMatch', status(403))],
  ['an error of ours', new InvalidDeploymentError('no')],
  ['a bug', new TypeError('x is not a function')],
])('%s stays as it is', (_, error) => {
  expect(known(error)).toBe(error);
});

test('the page of a proxy is told by its status, and what AWS says on one line', () => {
  const page = Object.assign(new SyntaxError('Unexpected token <\n  Deserialization error'), status(502));

  expect(known(page)).toMatchObject({
    message: 'ssm:SendCommand on i-0 did not succeed (HTTP 502): AWS is busy or out of reach; try again',
  });
  expect(known(Object.assign(new Error('two\n  lines'), { name: 'SlowDown' }))).toMatchObject({
    message: expect.stringContaining('(SlowDown: two lines)'),
  });
});

test('what is thrown and is no error is not made one', () => {
  expect(known('text')).toBe('text');
  expect(known(undefined)).toBe(undefined);
});
