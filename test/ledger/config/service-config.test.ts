import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseServiceConfig } from '../../../core/config/parse-service-config.ts';
import { sha256Hex } from '../../../core/model/canonical-json.ts';
import { InvalidDeploymentError, TransientAwsError } from '../../../core/model/errors.ts';
import { publishServiceConfig, readServiceConfig, readServiceYaml } from '../../../ledger/config/service-config.ts';
import { createLedgerBench, type LedgerBench, type LedgerPorts } from '../ledger-bench.ts';

const key = 'rollgate/payment/service.json';
const yaml = readFileSync('test/fixtures/accepted/service-config/least.yml', 'utf8');
const changed = yaml.replace('Payment Service', 'Payments');

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('the configuration in force', () => {
  test('is none before the first was published, and a deployment says what to do', async () => {
    expect(await readServiceYaml(ports)).toBeUndefined();
    await expect(readServiceConfig(ports)).rejects.toThrow(
      new InvalidDeploymentError(
        'no configuration of payment was published yet; publish services/payment.yml with rollgate deploy',
      ),
    );
  });

  test('is the text that people wrote, and what it means', async () => {
    await publishServiceConfig(ports, yaml, 'anna');

    expect(await readServiceYaml(ports)).toBe(yaml);
    expect(await readServiceConfig(ports)).toEqual(parseServiceConfig(yaml));
  });

  test('is refused where what was published means nothing any more', async () => {
    await bench.bucket.put(key, JSON.stringify({ yaml: 'service: payment' }));

    await expect(readServiceConfig(ports)).rejects.toThrow(InvalidDeploymentError);
  });
});

describe('publishing a configuration', () => {
  test('puts it in force, with who did it and when', async () => {
    const published = await publishServiceConfig(ports, yaml, 'anna');

    expect(published).toEqual({ isChanged: true });
    expect(bench.bucket.json(key)).toEqual({
      yaml,
      sha256: sha256Hex(yaml),
      publishedAt: '2026-11-22T20:45:00.000Z',
      by: 'anna',
    });
  });

  test('changes nothing where the same text is in force, not even who published it', async () => {
    await publishServiceConfig(bench.others, yaml, 'anna');
    const before = bench.bucket.json(key);

    const published = await publishServiceConfig(ports, yaml, 'ben');

    expect(published).toEqual({ isChanged: false });
    expect(bench.bucket.json(key)).toEqual(before);
  });

  test('takes the place of another text, also of one that was in force before', async () => {
    await publishServiceConfig(ports, yaml, 'anna');

    const there = await publishServiceConfig(ports, changed, 'ben');
    const back = await publishServiceConfig(ports, yaml, 'carl');

    expect([there, back]).toEqual([{ isChanged: true }, { isChanged: true }]);
    expect(bench.bucket.json(key)).toMatchObject({ yaml, by: 'carl' });
  });

  test('of a broken text is refused, and what is in force stays', async () => {
    await publishServiceConfig(ports, yaml, 'anna');

    await expect(publishServiceConfig(ports, `${yaml}\nwaves: 3\n`, 'ben')).rejects.toThrow(InvalidDeploymentError);

    expect(await readServiceYaml(ports)).toBe(yaml);
  });

  test('of another service is refused, and nothing is in force', async () => {
    await expect(
      publishServiceConfig(ports, yaml.replace('service: payment', 'service: cart'), 'anna'),
    ).rejects.toThrow(new InvalidDeploymentError('service: this stage deploys payment, but the file is about cart'));

    expect(bench.bucket.keys()).toEqual([]);
  });

  test('is found done by the retry after its answer was lost', async () => {
    bench.faults.given('ledger.put', { kind: 'lose-response' });

    await expect(publishServiceConfig(ports, yaml, 'anna')).rejects.toThrow(TransientAwsError);

    expect(await publishServiceConfig(ports, yaml, 'anna')).toEqual({ isChanged: false });
    expect(await readServiceYaml(ports)).toBe(yaml);
  });
});
