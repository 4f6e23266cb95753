import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { HostNotRunningError } from '../../../local/hosts/host-machine.ts';
import type { AgentResult } from '../../../local/run-command/host-agent.ts';
import { createScriptAgent } from '../../../local/run-command/script-agent.ts';
import { parseSsmDocument } from '../../../local/run-command/ssm-document.ts';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock.ts';
import { createProcessMachine } from './process-machine.ts';

let root: string;
let machine: ReturnType<typeof createProcessMachine>;
let time: ManualClock;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rollgate-agent-'));
  machine = createProcessMachine(root);
  time = createManualClock();
});

interface Step {
  readonly lines: readonly string[];
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly precondition?: unknown;
}

function start(
  steps: readonly (readonly string[] | Step)[],
  options: {
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly values?: Readonly<Record<string, readonly string[]>>;
    readonly cancel?: AbortSignal;
  } = {},
): Promise<AgentResult> {
  const document = parseSsmDocument(
    'rollgate-payment-test',
    JSON.stringify({
      schemaVersion: '2.2',
      parameters: options.parameters ?? {},
      mainSteps: steps.map((step, index) => {
        const { lines, inputs = {}, precondition } = 'lines' in step ? step : { lines: step };
        return {
          action: 'aws:runShellScript',
          name: `step${index + 1}`,
          ...(precondition === undefined ? {} : { precondition }),
          inputs: { runCommand: lines, ...inputs },
        };
      }),
    }),
  );
  return createScriptAgent(machine, { region: 'eu-west-1', timers: time }).run(
    { commandId: 'c-1', instanceId: 'i-0a1', document, parameters: options.values ?? {} },
    options.cancel ?? new AbortController().signal,
  );
}

async function run(...args: Parameters<typeof start>) {
  const result = await start(...args);
  if (result.kind === 'lost') throw new Error('lost');
  const { kind: _kind, steps, ...rest } = result;
  return { ...rest, steps: steps.map((step) => (step.isSkipped ? 'Skipped' : step.status)) };
}

/** A script that tells by a file that it has come so far. */
async function fileAppears(path: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    try {
      if (readFileSync(path, 'utf8') !== '') return;
    } catch {
      // not there yet
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${path} did not appear`);
}

/** A child that nobody has waited for yet (state Z) is dead. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const success = { status: 'Success', responseCode: 0, stdout: '', stderr: '' };

describe('a script', () => {
  test('runs under the shebang of its first line', async () => {
    const result = await run([['#!/bin/bash', 'test -n "$BASH_VERSION" && echo bash']]);

    expect(result).toEqual({ ...success, stdout: 'bash\n', steps: ['Success'] });
  });

  test('without a shebang runs under sh', async () => {
    const result = await run([['test -z "$BASH_VERSION" && echo plain']]);

    expect(result.stdout).toBe('plain\n');
  });

  test('sees the agent environment and nothing of the engine', async () => {
    process.env['ENGINE_SECRET'] = 'hush';

    const result = await run([['env | sort']]);

    const names = result.stdout
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter((name) => !['', '_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name ?? ''));
    expect(names).toEqual(['AWS_SSM_INSTANCE_ID', 'AWS_SSM_REGION_NAME', 'PATH', 'SSM_COMMAND_ID']);
    expect(result.stdout).toContain('AWS_SSM_INSTANCE_ID=i-0a1\nAWS_SSM_REGION_NAME=eu-west-1\n');
    expect(result.stdout).toContain('SSM_COMMAND_ID=c-1\n');
  });

  test('lies where the agent puts it, readable by its owner alone', async () => {
    await run([['true']]);

    const path = join(root, 'ssm/i-0a1/document/orchestration/c-1/step1/_script.sh');
    expect(readFileSync(path, 'utf8')).toBe('true\n');
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o700, 0o700]);
  });

  test('gets parameters as plain text, once', async () => {
    const result = await run([["echo '{{ one }} {{two}} {{ other }}'"]], {
      parameters: { one: { type: 'String' }, two: { type: 'String' } },
      values: { one: ['a {{ two }}'], two: ['$$5'] },
    });

    expect(result.stdout).toBe('a {{ two }} $5 {{ other }}\n');
  });

  test('runs in its working directory', async () => {
    const result = await run([{ lines: ['pwd'], inputs: { workingDirectory: '/usr' } }]);

    expect(result.stdout).toBe('/usr\n');
  });

  test('whose parameters break a rule is not started, though the API let them through', async () => {
    const result = await run([['echo started']], {
      parameters: { name: { type: 'String', allowedPattern: '^[a-z]+$' } },
      values: { name: ['$(reboot)'] },
    });

    expect(result).toEqual({
      ...success,
      status: 'Failed',
      responseCode: 1,
      stderr: 'name: does not match allowedPattern ^[a-z]+$',
      steps: [],
    });
  });

  test('has its output cut after 24,000 and 8,000 characters', async () => {
    const result = await run([['head -c 30000 /dev/zero | tr "\\0" o; head -c 30000 /dev/zero | tr "\\0" e >&2']]);

    expect([result.stdout.length, result.stderr.length]).toEqual([24_000, 8_000]);
    expect(result.stdout.endsWith('oo--output truncated--')).toBe(true);
    expect(result.stderr.endsWith('ee--output truncated--')).toBe(true);
  });
});

describe('exit codes', () => {
  test('a failed script is Failed with its exit code, and says so on stderr', async () => {
    const result = await run([['echo out; echo err >&2; exit 7']]);

    expect(result).toEqual({
      status: 'Failed',
      responseCode: 7,
      stdout: 'out\n',
      stderr: 'err\nfailed to run commands: exit status 7',
      steps: ['Failed'],
    });
  });

  test('137 is read as a timeout', async () => {
    const result = await run([['exit 137']]);

    expect(result).toEqual({ ...success, status: 'TimedOut', responseCode: 137, steps: ['TimedOut'] });
  });

  test('168 ends the document as a success', async () => {
    const result = await run([['echo err >&2; exit 168'], ['echo two']]);

    expect(result).toEqual({
      status: 'Success',
      responseCode: 168,
      stdout:
        '\nStep exited with code 168. Therefore, marking step as succeeded. Further document steps will be skipped.',
      stderr: '',
      steps: ['Success', 'Skipped'],
    });
  });

  test('169 ends the document as a failure', async () => {
    const result = await run([['exit 169'], ['echo two']]);

    expect([result.status, result.responseCode, result.steps]).toEqual(['Failed', 169, ['Failed', 'Skipped']]);
  });

  test('194 reboots the host and runs the script again', async () => {
    const mark = join(root, 'mark');

    const result = await run([[`[ -e ${mark} ] && echo again && exit 0; touch ${mark}; exit 194`]]);

    expect(result).toEqual({ ...success, stdout: 'again\n', steps: ['Success'] });
    expect(machine.boots()).toBe(2);
  });

  test('194 for ever is given up after 15 runs', async () => {
    const result = await run([['exit 194']]);

    expect([result.status, machine.boots()]).toEqual(['Failed', 16]);
  });

  test('a script that dies of a signal is Failed, as in Go with status -1', async () => {
    const { exec } = machine;
    machine = {
      ...machine,
      exec: async (argv, options) =>
        argv.length === 3 ? { code: null, signal: 'SIGKILL', stdout: '', stderr: '' } : exec(argv, options),
    };

    const result = await run([['true']]);

    expect([result.status, result.responseCode, result.stderr]).toEqual([
      'Failed',
      -1,
      'failed to run commands: signal: SIGKILL',
    ]);
  });
});

describe('steps', () => {
  test('go on after a failed step, and the document is Failed', async () => {
    const result = await run([['exit 3'], ['echo two']]);

    expect([result.status, result.responseCode, result.steps, result.stdout]).toEqual([
      'Failed',
      3,
      ['Failed', 'Success'],
      'two\n',
    ]);
  });

  test('end after a failed step with onFailure exit, but for a finally step', async () => {
    const result = await run([
      { lines: ['exit 3'], inputs: { onFailure: 'exit' } },
      ['echo two'],
      { lines: ['echo last'], inputs: { finallyStep: true } },
    ]);

    expect([result.status, result.steps]).toEqual(['Failed', ['Failed', 'Skipped', 'Success']]);
    expect(result.stdout).toContain('Step was found to have onFailure property.');
    expect(result.stdout.endsWith('last\n')).toBe(true);
  });

  test('go on after a step that timed out, whatever onFailure says', async () => {
    const result = await run([{ lines: ['exit 137'], inputs: { onFailure: 'exit' } }, ['echo two']]);

    expect([result.status, result.steps]).toEqual(['TimedOut', ['TimedOut', 'Success']]);
  });

  test('for another platform are left out', async () => {
    const result = await run([
      { lines: ['echo windows'], precondition: { StringEquals: ['platformType', 'Windows'] } },
      { lines: ['echo linux'], precondition: { StringEquals: ['platformType', 'Linux'] } },
    ]);

    expect([result.stdout, result.steps]).toEqual(['linux\n', ['Skipped', 'Success']]);
  });
});

describe('stopping', () => {
  test('at the execution timeout the script and its children are killed', async () => {
    const mark = join(root, 'mark');
    const lines = ['#!/bin/bash', 'sleep 1000 &', `echo $! >${mark}`, 'wait'];
    const running = start([{ lines, inputs: { timeoutSeconds: '{{ seconds }}' } }], {
      parameters: { seconds: { type: 'String' } },
      values: { seconds: ['20'] },
    });
    await fileAppears(mark);

    await time.advance(20);

    expect(await running).toMatchObject({ status: 'TimedOut', responseCode: 137 });
    expect(isAlive(Number(readFileSync(mark, 'utf8')))).toBe(false);
  });

  test('a timeout out of bounds becomes an hour', async () => {
    const mark = join(root, 'mark');
    const running = start([{ lines: [`echo on >${mark}; exec sleep 1000`], inputs: { timeoutSeconds: 4 } }]);
    await fileAppears(mark);

    await time.advance(3_599);
    const isRunning = time.pending() === 1;
    await time.advance(1);

    expect([isRunning, (await running).kind]).toEqual([true, 'finished']);
  });

  test('a cancelled script is killed, and the steps after it are left out', async () => {
    const mark = join(root, 'mark');
    const cancel = new AbortController();
    const running = start([[`echo on >${mark}; exec sleep 1000`], ['echo two']], { cancel: cancel.signal });
    await fileAppears(mark);

    cancel.abort();

    const result = await running;
    expect(result).toMatchObject({ status: 'Cancelled', responseCode: 137, stdout: '' });
  });

  test('a command that is cancelled before its script starts does not start it', async () => {
    const mark = join(root, 'mark');
    const cancel = new AbortController();
    const running = start([[`echo on >${mark}`]], { cancel: cancel.signal });
    cancel.abort();

    expect(await running).toMatchObject({ status: 'Cancelled', responseCode: 137 });
    expect(existsSync(mark)).toBe(false);
  });

  test('a host whose processes end before it counts as down leaves a command without a result', async () => {
    const { exec } = machine;
    machine = {
      ...machine,
      exec: async (argv, options) => {
        if (argv[0] === 'true') throw new HostNotRunningError('going down');
        return argv.length === 3 ? { code: null, signal: 'SIGKILL', stdout: '', stderr: '' } : exec(argv, options);
      },
    };

    expect(await start([['true']])).toEqual({ kind: 'lost' });
  });

  test('a host that goes down before its agent has written the script leaves a command without a result', async () => {
    machine = {
      ...machine,
      exec: async (argv) => {
        if (argv[0] === 'true') throw new HostNotRunningError('going down');
        return { code: null, signal: 'SIGKILL', stdout: '', stderr: '' };
      },
    };

    expect(await start([['true']])).toEqual({ kind: 'lost' });
  });

  test('a host that goes down under a command leaves it without a result', async () => {
    const mark = join(root, 'mark');
    const running = start([[`echo $$ >${mark}; exec sleep 1000`]]);
    await fileAppears(mark);

    await machine.powerOff();

    expect(await running).toEqual({ kind: 'lost' });
  });
});
