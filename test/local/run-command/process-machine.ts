import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ExecOptions, ExecResult, HostMachine } from '../../../local/hosts/host-machine.ts';
import { HostNotRunningError } from '../../../local/hosts/host-machine.ts';

/**
 * A host that is this machine, without root: arguments that name a file below `/var/lib/amazon/ssm` are pointed
 * to one below `root`. Commands are real processes in a process group of their own.
 */
export function createProcessMachine(
  root: string,
  instanceId = 'i-0a1',
): HostMachine & { readonly boots: () => number } {
  let isRunning = true;
  let boots = 1;
  const plugPulled = new EventTarget();
  const below = (path: string): string => path.replaceAll('/var/lib/amazon/ssm', join(root, 'ssm'));
  return {
    instanceId,
    name: 'payment-a',
    zone: 'eu-west-1a',
    tags: { Service: 'payment' },
    addresses: ['127.0.0.1'],
    isSimulated: false,
    isRunning: () => isRunning,
    boots: () => boots,
    async writeFile() {
      throw new Error('not needed');
    },
    async exec(argv, options = {}) {
      if (!isRunning) throw new HostNotRunningError(`${instanceId} is down`);
      return run(argv.map(below), options, plugPulled);
    },
    async powerOn() {
      isRunning = true;
      boots += 1;
    },
    async powerOff() {
      isRunning = false;
      plugPulled.dispatchEvent(new Event('pulled'));
    },
  };
}

function run(
  [program = '', ...args]: readonly string[],
  options: ExecOptions,
  plugPulled: EventTarget,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onStdout?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(text);
    });
    // A program that does not read its input is no error.
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    const kill = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    options.signal?.addEventListener('abort', kill);
    plugPulled.addEventListener('pulled', kill);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      plugPulled.removeEventListener('pulled', kill);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
