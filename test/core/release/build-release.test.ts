import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, sha256Hex } from '../../../core/model/canonical-json.ts';
import { buildManifest, contentSha256 } from '../../../core/release/build-release.ts';
import { configuration } from '../../given/configuration.ts';

const artifact = {
  sha256: 'a'.repeat(64),
  bytes: 1234,
  bucket: 'roboshop-builds',
  key: 'payment.zip',
  versionId: 'Tz.1',
  requirementsSha256: 'b'.repeat(64),
};
const facts = {
  number: 42,
  artifact,
  zipKey: 'rollgate/payment/releases/42.zip',
  createdAt: '2026-11-22T20:45:00.000Z',
  configuration,
};

describe('canonicalJson', () => {
  test('sorts keys at every depth and leaves absent ones out', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'ä', x: undefined })).toBe('{"a":"ä","b":[{"c":null,"d":1}]}');
  });

  test('refuses what JSON can not hold', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(new TypeError('NaN is no JSON value'));
  });

  test('says the same of every JSON value as JSON does, in whatever order its keys were written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });
});

/** The same value with the keys of its objects written in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(reversed);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, field]) => [key, reversed(field)]),
      )
    : value;
}

describe('buildManifest', () => {
  test('names the release by number and content, and holds all that a host needs', () => {
    const content = sha256Hex(`${artifact.sha256}\n${canonicalJson(configuration)}`);

    expect(buildManifest(facts)).toEqual({
      schema: 1,
      service: 'payment',
      number: 42,
      releaseId: `v42-${content.slice(0, 12)}`,
      contentSha256: content,
      artifact,
      zipKey: 'rollgate/payment/releases/42.zip',
      createdAt: '2026-11-22T20:45:00.000Z',
      configuration,
    });
  });

  test('gives equal content the same hash whatever its number, time and upload', () => {
    const again = buildManifest({
      ...facts,
      number: 43,
      createdAt: '2026-12-01T00:00:00.000Z',
      artifact: { ...artifact, versionId: 'other' },
    });

    expect(again.contentSha256).toBe(buildManifest(facts).contentSha256);
  });

  test('gives another hash to other bytes and to another address', () => {
    const moved = { ...configuration, environment: { ...configuration.environment, CART_HOST: '10.0.0.99' } };

    const hashes = [
      contentSha256(artifact.sha256, configuration),
      contentSha256('c'.repeat(64), configuration),
      contentSha256(artifact.sha256, moved),
    ];

    expect(new Set(hashes).size).toBe(3);
  });
});
