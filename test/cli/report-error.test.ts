import { describe, expect, it } from 'vitest';
import { CliError } from '../../cli/cli-error.ts';
import { runCli } from '../../cli/program.ts';
import { reportError } from '../../cli/report-error.ts';
import { exitCodes, InvalidDeploymentError, LockLostError } from '../../core/model/errors.ts';
import { EngineGoneError, EngineStartingError, NoEngineError } from '../../local/rpc/engine-errors.ts';
import { fakeWorld } from './fake-world.ts';

const plain = { isVerbose: false, commandName: 'rollgate', stageOptions: '' };

describe('an error', () => {
  it.each([
    [new NoEngineError(), 'no engine is running here', 'npm start'],
    [new EngineGoneError(), 'the engine has stopped', 'npm start'],
    [new EngineStartingError(), 'the engine here is still starting', 'the same again when it is up'],
  ])("of the engine's socket says what to do, and is no bug: $name", async (error, sentence, next) => {
    const fake = fakeWorld();
    const world = { ...fake.world, connect: () => Promise.reject(error) };

    expect(await runCli(['status'], world)).toBe(1);
    expect(fake.stderr.text()).toBe(`error: ${sentence}\nnext: ${next}\n`);
  });

  it('lists every problem, one a line', () => {
    expect(reportError(new InvalidDeploymentError(['a: is missing', 'b: is missing']), plain)).toEqual({
      lines: ['error: a: is missing', 'error: b: is missing', 'next: rollgate plan'],
      exitCode: 2,
    });
  });

  it('that is none of ours is called a bug by its own name', () => {
    expect(reportError(new TypeError('x is undefined'), plain)).toEqual({
      lines: ['error: TypeError: x is undefined', 'next: the same again with --verbose; this is a bug'],
      exitCode: 1,
    });
  });

  it('shows no stack but with --verbose', () => {
    const error = new LockLostError('held by d-2');

    expect(reportError(error, plain).lines).toEqual(['error: held by d-2', 'next: rollgate status']);
    expect(reportError(error, { ...plain, isVerbose: true }).lines.join('\n')).toContain('report-error.test.ts');
  });

  it('shows what is behind a refusal with --verbose, down to what a library said', () => {
    const cause = new InvalidDeploymentError('the zip is cut off', { cause: new Error('no end record') });
    const error = new CliError('the zip is cut off', 'rollgate plan', 2, { cause });

    const text = reportError(error, { ...plain, isVerbose: true }).lines.join('\n');

    expect(text).toContain('caused by Error: no end record\n');
    expect(reportError(error, plain).lines).toEqual(['error: the zip is cut off', 'next: rollgate plan']);
  });

  it('spells the command as the person typed it', () => {
    const error = new CliError('no', 'correct it, then: rollgate plan', 2);

    expect(reportError(error, { ...plain, commandName: 'npx rollgate' }).lines[1]).toBe(
      'next: correct it, then: npx rollgate plan',
    );
  });

  it.each(Object.entries(exitCodes))('%s exits with %i', (name, exitCode) => {
    const error = Object.assign(new Error('told'), { name });

    expect(reportError(error, plain).exitCode).toBe(exitCode);
  });
});

describe('the command line', () => {
  it('shows its help, with every exit code', async () => {
    const fake = fakeWorld();

    expect(await fake.run('--help')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/help.txt');
  });

  it('shows its help where nothing is asked', async () => {
    const fake = fakeWorld();

    expect(await fake.run()).toBe(0);
    expect(fake.stdout.text()).toContain('Usage: rollgate');
  });

  it.each([[['dance']], [['history', '--limit', 'none']], [['deploy', '--hosts', ',']], [['rollback', 'v1']]])(
    'refuses %j with exit code 2',
    async (argv) => {
      const fake = fakeWorld();

      expect(await fake.run(...argv)).toBe(2);
      expect(fake.stderr.text()).toMatch(/^error: .*\nnext: rollgate --help\n$/);
    },
  );
});
