import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** How the service in an artifact behaves on a simulated host; the words of `local/simulated-hosts/inspect-artifact.ts`. */
export type Behaviour = 'well' | 'pip-failed' | 'app-load-failed' | 'exits-at-start' | 'unhealthy' | 'dies';

/** The requirements file of every such artifact. */
export const requirements = 'Flask\npika\nuwsgi\n';

const made = new Map<string, Promise<Uint8Array>>();

/** A small payment service; another number is another content. Made once per process. */
export function artifactZip(number: number, behaviour: Behaviour = 'well'): Promise<Uint8Array> {
  const name = `${number} ${behaviour}`;
  const zip =
    made.get(name) ??
    zipOf({
      'payment.py': `# simulate: ${behaviour}\nVERSION = ${number}\n`,
      'payment.ini': '[uwsgi]\nmodule = payment\n',
      'requirements.txt': requirements,
    });
  made.set(name, zip);
  return zip;
}

/** The same bytes for the same files: an entry's time is fixed. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const zip = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(text), name, { mtime: new Date('2026-11-22T20:45:00Z') });
  }
  zip.end();
  return buffer(zip.outputStream);
}
