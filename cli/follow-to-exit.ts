import type { Ports } from '../clients/ports.ts';
import { type ErrorName, errorNames, exitCodes } from '../core/model/errors.ts';
import type { DeploymentView } from '../core/views/deployment-view.ts';
import { CliError } from './cli-error.ts';
import { followDeployment } from './follow-deployment.ts';
import { asTyped, nextLine, printJson, printLines } from './print.ts';
import { progressFor } from './progress.ts';
import type { CommonOptions, World } from './world.ts';

/** What shells give a program that was ended by Ctrl-C. */
export const interruptedExitCode = 130;

/**
 * Follows a deployment to its end and returns the exit code of its end. A request that was refused before it was admitted
 * becomes an error with its sentences.
 */
export async function followToExit(
  world: World,
  ports: Ports,
  target: { readonly deploymentId: string; readonly executionArn: string },
  options: CommonOptions,
  nextIfRefused: string,
): Promise<number> {
  const progress = progressFor(world.stdout, options.json);
  const end = await followDeployment(world, ports, target, progress).catch((error: unknown) => {
    if (ports.stage.kind === 'aws') {
      const again = asTyped(`rollgate status ${target.deploymentId} --watch`, world);
      printLines(world.stderr, [`stopped following; the deployment goes on, and ${again} shows it`]);
    }
    throw error;
  });
  switch (end.kind) {
    case 'interrupted':
      progress.finish(end.view);
      printLines(world.stderr, [
        'stopped following; the deployment goes on',
        nextLine(`rollgate status ${target.deploymentId} --watch`, world),
      ]);
      return interruptedExitCode;
    case 'lost': {
      progress.finish(end.view);
      const { status, error, cause } = end.execution;
      const why = [error, cause].filter((text) => text !== undefined && text !== '').join(': ');
      throw new CliError(
        `the execution of ${target.deploymentId} ended as ${status} and left no end${why === '' ? '' : `: ${why}`}`,
        'rollgate status',
        exitCodeOfName(error ?? null),
      );
    }
    case 'ended':
      if (end.view.startedAt === null && end.view.end !== null) {
        progress.finish(null);
        throw new CliError(end.view.end.reason.text, nextIfRefused, exitCodeOfView(end.view));
      }
      progress.finish(end.view);
      if (options.json) {
        printJson(world.stdout, end.view);
      }
      return exitCodeOfView(end.view);
  }
}

/** The exit code of how a deployment ended; 0 while it has not. */
export function exitCodeOfView(view: DeploymentView): number {
  if (view.end === null || view.end.errorName === null) {
    return 0;
  }
  return exitCodeOfName(view.end.errorName);
}

function exitCodeOfName(name: string | null): number {
  return (errorNames as readonly (string | null)[]).includes(name) ? exitCodes[name as ErrorName] : 1;
}
