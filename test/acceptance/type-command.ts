import { readFile } from 'node:fs/promises';
import { runCli } from '../../cli/program.ts';
import type { World } from '../../cli/world.ts';
import { type RecordingOutput, recordingOutput } from '../cli/recording-output.ts';
import type { LocalStage } from './local-stage.ts';

export interface Typed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types a command line as a person does, for a stage of this process. */
export async function typeCommand(stage: LocalStage, ...argv: readonly string[]): Promise<Typed> {
  const stdout: RecordingOutput = recordingOutput();
  const stderr: RecordingOutput = recordingOutput();
  const world: World = {
    stdout,
    stderr,
    commandName: 'rollgate',
    stageOptions: '',
    version: '0.1.0',
    user: 'alice',
    connect: async () => stage.engine.ports,
    inspectorOf: async () => null,
    readFile: (path) => readFile(path),
    configPath: (service) => `services/${service}.yml`,
    uniqueId: () => crypto.randomUUID(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    onInterrupt: () => () => undefined,
  };
  const exitCode = await runCli(argv, world);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
