/** `npm start`: the engine, its hosts, the sample on them, and a terminal to watch it all. */
import { join } from 'node:path';
import { followDeployment } from '../cli/follow-deployment.ts';
import { exitCodeOfView } from '../cli/follow-to-exit.ts';
import { printJson, printLines } from '../cli/print.ts';
import { progressFor } from '../cli/progress.ts';
import { realWorld, stateDirectory } from '../cli/real-world.ts';
import { type Engine, startEngine } from './engine.ts';
import { startFirstDeployment } from './start/first-deployment.ts';
import { openFrontDoor } from './start/front-door.ts';
import { nextSteps } from './start/next-steps.ts';
import { writeSampleZips } from './start/sample-zips.ts';
import { parseStartOptions, type StartOptions, startHelp } from './start/start-options.ts';
import { aborted, createStopSignal } from './start/stop-signal.ts';
import { watchDeployments } from './start/watch-deployments.ts';

const interruptedExitCode = 130;
const startedAt = performance.now();

const parsed = parseStartOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help':
    process.stdout.write(startHelp);
    break;
  case 'wrong':
    process.stderr.write(`error: ${parsed.problem}\nnext: npm start -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    // Handles of a hosts' process or a socket must not keep a stopped engine's process alive.
    process.exit(await runStart(parsed.options));
}

async function runStart(options: StartOptions): Promise<number> {
  const signal = createStopSignal(() => {
    process.stderr.write('left in a hurry: the next npm start clears away what is still there\n');
    process.exit(interruptedExitCode);
  });
  const tell = options.isJson ? process.stderr : process.stdout;
  const folder = stateDirectory();
  const say = (line: string): void => {
    tell.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  let engine: Engine | undefined;
  try {
    engine = await startEngine({
      stateDirectory: folder,
      hosts: options.hosts,
      fresh: options.isFresh,
      onProgress: say,
      signal,
    });
    if (engine.whySimulated !== undefined) {
      say(`SIMULATED hosts: ${engine.whySimulated}`);
    }
    return await useEngine(engine, options, { stateDirectory: folder, say, signal });
  } catch (error) {
    if (signal.aborted) {
      return interruptedExitCode;
    }
    reportStartError(error);
    return 1;
  } finally {
    if (engine !== undefined) {
      say('stopping the engine and its hosts');
      await engine.stop();
    }
  }
}

/** Deploys, shows, and stays up where somebody is there. Returns the exit code. */
async function useEngine(
  engine: Engine,
  options: StartOptions,
  run: { readonly stateDirectory: string; readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<number> {
  const { signal, say } = run;
  const { ports } = engine;
  const world = {
    ...realWorld(),
    // Ctrl-C means all of it, not only the following.
    onInterrupt(listener: () => void) {
      signal.addEventListener('abort', listener);
      return () => signal.removeEventListener('abort', listener);
    },
  };
  const samplesFolder = join(run.stateDirectory, 'samples');
  await writeSampleZips(samplesFolder);
  const configFile = world.configPath(ports.stage.service);
  const zipFile = join(samplesFolder, 'payment-v1.zip');
  const first = await startFirstDeployment(ports, world, { configFile, zipFile });
  for (const line of first.says) {
    say(line);
  }
  printLines(options.isJson ? world.stderr : world.stdout, ['']);
  const progress = progressFor(world.stdout, options.isJson);
  const end = await followDeployment(world, ports, first, progress);
  progress.finish(end.view);
  if (end.kind === 'interrupted') {
    return interruptedExitCode;
  }
  if (options.isJson) {
    printJson(world.stdout, end.view);
  }
  if (end.kind === 'lost') {
    printLines(world.stderr, [`error: the execution ended as ${end.execution.status}: ${end.execution.cause ?? ''}`]);
  }
  const exitCode = end.kind === 'lost' ? 1 : exitCodeOfView(end.view);
  const isWatched = process.stdout.isTTY === true && process.stdin.isTTY === true && !options.isJson;
  if (!isWatched && !options.isStaying) {
    return exitCode;
  }
  const hosts = (await ports.inventory.hosts({ Service: ports.stage.service })).map(
    ({ name, privateAddress, isSimulated }) => ({ name, privateAddress, isSimulated }),
  );
  const door = await openFrontDoor(engine);
  try {
    const balancer = door === undefined ? {} : { balancerUrl: door.url };
    printLines(options.isJson ? world.stderr : world.stdout, nextSteps({ samplesFolder, hosts, ...balancer }));
    const stopped = aborted(signal);
    await Promise.race([stopped, watchDeployments(world, ports, first.deploymentId, signal)]);
  } finally {
    // An open door keeps this process alive.
    await door?.close();
  }
  return 0;
}

function reportStartError(error: unknown): void {
  const name = error instanceof Error ? error.name : '';
  const message = error instanceof Error ? error.message : String(error);
  const next =
    name === 'EngineRunningError'
      ? 'npx rollgate status, or Ctrl-C in the terminal where it runs'
      : 'npm start -- --fresh, or npm start -- --hosts simulated';
  process.stderr.write(`error: ${message}\nnext: ${next}\n`);
}
