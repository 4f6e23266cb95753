import { expect, test } from 'vitest';
import { inspectArtifact } from '../../../local/simulated-hosts/inspect-artifact.ts';
import { sampleZip } from './sample-artifact.ts';

test.each([
  ['', 'well'],
  ['v2', 'well'],
  ['new-requirement', 'well'],
  ['pip-fails', 'pip-failed python-ldap lber.h'],
  ['pip-fails-early', 'pip-failed psycopg2 libpq-fe.h'],
  ['import-error', "app-load-failed ModuleNotFoundError: No module named 'build_information'"],
  ['prints-secret', 'app-load-failed RuntimeError: cannot connect to {} with {!r}'],
  ['exits-at-start', 'exits-at-start 1'],
  ['answers-500', 'unhealthy 500 internal error'],
  ['slow-health', 'unhealthy 0 timed out'],
  ['dies-after-8s', 'dies 8'],
  ['worker-dies-after-4s', 'worker-dies 4'],
])('the variant "%s" of the sample shows as %s', async (variant, expected) => {
  const { behaviour } = await inspectArtifact(await sampleZip(variant), 'requirements.txt');

  expect(Object.values(behaviour).join(' ')).toBe(expected);
});

test.each([
  ['requirements.txt', 'flask\nno-such-package-here\n', 'pip-failed no-such-package-here'],
  ['requirements.txt', 'flask==999\n', 'pip-failed flask==999'],
  ['payment.py', 'raise ValueError("broken on purpose")\n', 'app-load-failed ValueError: broken on purpose'],
  ['payment.py', 'import sys\nsys.exit(3)\n', 'exits-at-start 3'],
  ['payment.py', '# simulate: unhealthy\n', 'unhealthy 500 internal error'],
  [
    'payment.py',
    'import nowhere_to_be_found\n',
    "app-load-failed ModuleNotFoundError: No module named 'nowhere_to_be_found'",
  ],
  ['payment.py', 'def f():\n    import optional_module\n    raise ValueError("later")\n', 'well'],
])('%s with %j shows as %s', async (name, text, expected) => {
  const { behaviour } = await inspectArtifact(await sampleZip('', { [name]: text }), 'requirements.txt');

  expect(Object.values(behaviour).join(' ')).toBe(expected);
});

test('where a requirement is not known here, any module may come from it', async () => {
  const zip = await sampleZip('', {
    'requirements.txt': 'Flask\nPyYAML>=6 # for the settings\n',
    'payment.py': 'import yaml\n',
  });

  expect(await inspectArtifact(zip, 'requirements.txt')).toEqual({
    requirements: ['Flask', 'PyYAML>=6'],
    behaviour: { kind: 'well' },
  });
});

test('what is no zip, or has no requirements, is refused', async () => {
  await expect(inspectArtifact(Buffer.from('no zip'), 'requirements.txt')).rejects.toThrow('not a zip file');
  await expect(inspectArtifact(await sampleZip(), 'other.txt')).rejects.toThrow('the artifact has no other.txt');
});
