import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readServiceYaml } from '../../../ledger/config/service-config.ts';
import { keys } from '../../../ledger/keys.ts';
import { startFirstDeployment } from '../../../local/start/first-deployment.ts';
import { type FakeWorld, fakeWorld } from '../../cli/fake-world.ts';
import { givenConfig, givenState } from '../../cli/given-target.ts';

const configFile = 'services/payment.yml';
const zipBytes = Buffer.from('the bytes of the sample');
const sampleGoes = 'the sample payment service goes to every host';
let folder: string;
let yaml: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollgate-first-'));
  await writeFile(join(folder, 'payment-v1.zip'), zipBytes);
  yaml = await readFile(configFile, 'utf8');
});

afterEach(() => rm(folder, { recursive: true }));

function start(fake: FakeWorld) {
  return startFirstDeployment(fake.ports, fake.world, { configFile, zipFile: join(folder, 'payment-v1.zip') });
}

it('publishes the configuration and uploads the sample where nothing was published yet', async () => {
  const fake = fakeWorld();

  const first = await start(fake);

  expect(first.says).toEqual([sampleGoes]);
  expect(await readServiceYaml(fake.ports)).toBe(yaml);
  expect(fake.uploads).toEqual([zipBytes]);
  expect(fake.started.map((each) => each.deploymentId)).toEqual([first.deploymentId]);
});

it('keeps another configuration that a person put in force, and says so in one line', async () => {
  const fake = fakeWorld();
  const other = yaml.replace('consecutiveSuccesses: 3', 'consecutiveSuccesses: 5');
  givenConfig(fake.ledger, other);
  const before = await fake.ledger.read(keys.serviceConfig('payment'));

  const first = await start(fake);

  expect(other).not.toBe(yaml);
  expect(await fake.ledger.read(keys.serviceConfig('payment'))).toEqual(before);
  expect(first.says).toEqual([
    sampleGoes,
    'the configuration in force is kept; services/payment.yml differs from it, and npx rollgate deploy puts that in force',
  ]);
});

it('says nothing of a configuration in force that is the same, and does not publish it again', async () => {
  const fake = fakeWorld();
  givenConfig(fake.ledger, yaml);
  const before = await fake.ledger.read(keys.serviceConfig('payment'));

  const first = await start(fake);

  expect(await fake.ledger.read(keys.serviceConfig('payment'))).toEqual(before);
  expect(first.says).toEqual([sampleGoes]);
});

it('only verifies the stable release where there is one, with the configuration that it has', async () => {
  const fake = fakeWorld();
  givenState(fake.ledger, { stable: [1, 2] });
  givenConfig(fake.ledger, `${yaml}# ours\n`);

  const first = await start(fake);

  expect(fake.uploads).toEqual([]);
  expect(fake.started.map((each) => each.input)).toEqual([{ release: 'v2', by: 'alice', reason: 'npm start' }]);
  expect(first.says).toEqual([
    'v2 is stable already and is verified on every host',
    'the configuration in force is kept; services/payment.yml differs from it, and npx rollgate deploy puts that in force',
  ]);
});
