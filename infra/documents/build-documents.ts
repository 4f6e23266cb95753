import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { HostDocument } from '../../core/model/statuses.ts';

/**
 * The scripts that a document carries. The marker line of its template is replaced by lines that unpack them into
 * `$directory`.
 */
const common = [
  'common.sh',
  'unit.sh',
  'host.py',
  'manifest.py',
  'redact.py',
  'report.py',
  'evidence.py',
  'checks.py',
  'amqp.py',
];
const scriptsOf: Readonly<Record<HostDocument, readonly string[]>> = {
  install: [
    'install.sh',
    'os-packages.sh',
    'virtualenv.sh',
    'previous.sh',
    'retention.sh',
    'aws.py',
    'artifact.py',
    'service_files.py',
    'recorded.py',
    'run_as.py',
  ],
  activate: ['activate.sh', 'drift.py', 'recorded.py'],
  verify: ['verify.sh'],
  settle: ['settle.sh'],
  inspect: ['inspect.sh', 'drift.py', 'recorded.py', 'aws.py'],
};
const marker = '# @unpack';

/** SSM's limit for a document, in bytes; the parameters of a command count too. */
export const documentLimitBytes = 64 * 1024;

interface Step {
  readonly inputs: { runCommand: readonly string[] };
}

/** Ends each file of an archive; a script that holds this line can't be built. */
const endOfFile = 'END-OF-ROLLGATE-FILE';

/**
 * The final text (JSON) of the five SSM documents. Scripts are embedded gzipped in base64: SSM replaces `{{ … }}`
 * anywhere in a document, and packagers resolve `${…}`, so neither may stand in them as they are. All in one archive,
 * because what they have in common is then packed once: a fifth less of the 64 KiB that a document may have.
 */
export function buildDocuments(): Record<HostDocument, string> {
  return {
    install: build('install'),
    activate: build('activate'),
    verify: build('verify'),
    settle: build('settle'),
    inspect: build('inspect'),
  };
}

function build(kind: HostDocument): string {
  const path = join(import.meta.dirname, `${kind}.yml`);
  const document = parse(readFileSync(path, 'utf8')) as { readonly mainSteps: readonly Step[] };
  for (const step of document.mainSteps) {
    if (!step.inputs.runCommand.includes(marker)) {
      throw new Error(`${path}: no line "${marker}" in runCommand`);
    }
    step.inputs.runCommand = step.inputs.runCommand.flatMap((line) =>
      line === marker ? unpackingLines(kind) : [line],
    );
  }
  const text = JSON.stringify(document);
  if (Buffer.byteLength(text) > documentLimitBytes) {
    throw new Error(`${path}: ${Buffer.byteLength(text)} bytes built, SSM takes ${documentLimitBytes}`);
  }
  return text;
}

function unpackingLines(kind: HostDocument): string[] {
  const archive = [...scriptsOf[kind], ...common].map(fileOfArchive).join('');
  return ["unpack <<'END'", gzipSync(archive, { level: 9 }).toString('base64'), 'END'];
}

/** Shell that writes the file into the folder in which it runs. */
function fileOfArchive(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'scripts', name), 'utf8');
  if (!text.endsWith('\n') || text.split('\n').includes(endOfFile)) {
    throw new Error(`scripts/${name}: must end with a line break and hold no line ${endOfFile}`);
  }
  return `cat >'${name}' <<'${endOfFile}'\n${text}${endOfFile}\n`;
}
