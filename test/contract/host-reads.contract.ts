import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Helped, python } from '../infra/documents/helpers.ts';
import type { BackEnd, Bench } from './back-end.ts';
import { contract } from './contract-test.ts';

/** What the scripts on a host read with the role of its instance, by their own signer. */
export function hostReadsContract(backEnd: BackEnd): void {
  contract('reads of hosts', backEnd, (contractTest) => {
    contractTest('a secret comes as it is, at its newest version or at a pinned one', ['hostReads'], (bench) =>
      onHost(bench, async (run) => {
        const password = await givenPassword(bench);

        const newest = await run(readParameters, [password]);
        const pinned = await run(readParameters, [`${password}:1`]);

        expect(JSON.parse(newest.stdout)).toMatchObject({ [password]: second });
        expect(JSON.parse(pinned.stdout)).toMatchObject({ [`${password}:1`]: 'first' });
      }),
    );

    contractTest('two versions of a secret come with one call', ['hostReads', 'selectors'], (bench) =>
      onHost(bench, async (run) => {
        const password = await givenPassword(bench);

        const both = await run(readParameters, [password, `${password}:1`]);

        expect(JSON.parse(both.stdout)).toMatchObject({ [password]: second, [`${password}:1`]: 'first' });
      }),
    );

    contractTest('more secrets than one call takes; a missing one is left out', ['hostReads'], (bench) =>
      onHost(bench, async (run) => {
        const prefix = `/${bench.ports.stage.service}/${bench.ports.stage.name}`;
        const names = Array.from({ length: 12 }, (_, index) => `${prefix}/SECRET_${index}`);
        for (const name of names) await bench.putSecret(name, `value of ${name}`);

        const asked = [...names, `${prefix}/MISSING`];
        const read = await run(readParameters, asked);

        const values = JSON.parse(read.stdout);
        expect(names.map((name) => values[name])).toEqual(names.map((name) => `value of ${name}`));
        expect(values).not.toHaveProperty([`${prefix}/MISSING`]);
      }),
    );

    contractTest('a release of the ledger comes byte for byte; one that is not there by name', ['hostReads'], (bench) =>
      onHost(bench, async (run, folder) => {
        const { artifacts, stage } = bench.ports;
        const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
        const { versionId } = await artifacts.upload(bytes);
        const key = `rollgate/${stage.service}/releases/1 & ü+%20.zip`;
        await artifacts.copyToLedger(versionId, key);
        const file = join(folder, 'release.zip');

        await run('aws.get_object(region, *sys.argv[1:])', [stage.stateBucket, key, file]);
        const missing = await run('aws.main("object", region, *sys.argv[1:])', [stage.stateBucket, 'r/2.zip', file]);

        expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
        expect(missing.failure).toMatch(/^(download-failed|permission-denied): .*r\/2\.zip/);
      }),
    );
  });
}

const readParameters = 'print(json.dumps(aws.get_parameters(region, sys.argv[1:])))';
const second = 'pä$$ w"rd\\1<2>&\'{{x}}';

/** A password with two versions, the first one `first`. */
async function givenPassword(bench: Bench): Promise<string> {
  const password = `/${bench.ports.stage.service}/${bench.ports.stage.name}/AMQP_PASS`;
  await bench.putSecret(password, 'first');
  await bench.putSecret(password, second);
  return password;
}

type Run = (code: string, arguments_: readonly string[]) => Promise<Helped>;

/** Runs the helpers as a host runs them: endpoints from the file, credentials from instance metadata. */
async function onHost(bench: Bench, body: (run: Run, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rollgate-host-'));
  try {
    const file = join(folder, 'endpoints');
    const endpoints = Object.entries(await bench.hostEndpoints());
    await writeFile(file, endpoints.map(([name, url]) => `${name}=${url}\n`).join(''), { mode: 0o600 });
    const prelude = `import aws, json
aws.ENDPOINTS_FILE = ${JSON.stringify(file)}
aws.cli = lambda *ignored: None
region = ${JSON.stringify(bench.ports.stage.region)}
`;
    await body((code, arguments_) => python('python3', `${prelude}${code}`, arguments_), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
