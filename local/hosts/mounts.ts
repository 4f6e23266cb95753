import { readFile } from 'node:fs/promises';
import { mustRun, tryRun } from './run-program.ts';

/** Mount points at or below a folder, the last mounted first. */
export async function mountsBelow(folder: string): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts everything at or below a folder; what is still busy is detached. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of await mountsBelow(folder)) {
    if (!(await tryRun(['umount', point]))) await mustRun(['umount', '--lazy', point]);
  }
}

/** Deletes a folder of ours, never through a mount. */
export async function removeTree(folder: string): Promise<void> {
  await unmountBelow(folder);
  const left = await mountsBelow(folder);
  if (left.length > 0) throw new Error(`${left.join(', ')} is still mounted: nothing below ${folder} was deleted`);
  await mustRun(['rm', '--recursive', '--force', '--one-file-system', '--', folder]);
}

/** `lower` has the topmost layer first. */
export async function mountOverlay(options: {
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly at: string;
}): Promise<void> {
  const layers = `lowerdir=${options.lower.join(':')},upperdir=${options.upper},workdir=${options.work}`;
  // Without these a layer could not be moved, or stacked below another one.
  const fixed = 'index=off,metacopy=off,redirect_dir=off';
  await mustRun(['mount', '-t', 'overlay', 'rollgate', '-o', `${layers},${fixed}`, options.at]);
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
