import { describe, expect, test } from 'vitest';
import { upstreamToLookUp } from '../../../core/diagnosis/diagnose.ts';
import { cases } from './diagnosis-cases.ts';

const silent = cases['upstream: no answer'] ?? {};

describe('an upstream that keeps silent', () => {
  test('is the one to look up', () => {
    expect(upstreamToLookUp(silent)).toEqual({ address: '10.0.0.5', port: 8080 });
  });

  test('is looked up at the address that its name stood for on the host', () => {
    const check = {
      name: 'upstream:cart',
      isOk: false,
      failure: 'upstream-unreachable',
      detail: 'cart.internal:8080 (CART_HOST, from literal): no answer from 10.0.0.9 within 3 s',
    } as const;
    const report = { ...silent.report, checks: [check] } as NonNullable<typeof silent.report>;

    expect(upstreamToLookUp({ report })).toEqual({ address: '10.0.0.9', port: 8080 });
  });

  test.each([
    'upstream: refuses',
    'upstream: no way to it',
    'upstream: no such name',
    'amqp: no broker',
    'amqp: login refused',
    'start: import error while the broker is down too',
    'pip: no C compiler',
    'ssm: knows nothing',
  ])('is none in the case %s', (name) => {
    expect(upstreamToLookUp(cases[name] ?? {})).toBeUndefined();
  });
});
