import type { DeploymentView } from '../core/views/deployment-view.ts';
import { createLiveScreen } from './live-screen.ts';
import { changeLines } from './render/change-lines.ts';
import { renderDeployment, renderHeader } from './render/render-deployment.ts';
import { renderEnd } from './render/render-end.ts';
import { styleOf } from './render/style.ts';
import type { Output } from './world.ts';

/** Shows a deployment while it goes on. */
export interface Progress {
  show(view: DeploymentView, nowMilliseconds: number): void;
  /** The last view; `isEnded` tells whether the deployment ended or only the following did. */
  finish(view: DeploymentView | null): void;
}

/** How often the tree is drawn: the wheel turns smoothly, and a terminal over ssh is not flooded. */
export const drawingMilliseconds = 120;

/** Nothing while it goes on: for `--json`, which prints one document at the end. */
const silentProgress: Progress = { show: () => {}, finish: () => {} };

/** The tree, drawn again in place: for a terminal. */
function liveProgress(output: Output): Progress {
  const screen = createLiveScreen(output);
  let frame = 0;
  return {
    show(view) {
      screen.draw(renderDeployment(view, styleOf({ hasColour: output.hasColour, frame: frame++ })));
    },
    finish(view) {
      screen.end(view === null ? [] : renderDeployment(view, styleOf({ hasColour: output.hasColour })));
    },
  };
}

/** One line for each change: for a log. */
function lineProgress(output: Output): Progress {
  const style = styleOf({ hasColour: output.hasColour });
  let before: DeploymentView | null = null;
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) {
      output.write(`${lines.join('\n')}\n`);
    }
  };
  return {
    show(view, nowMilliseconds) {
      const isFirst = before === null && view.startedAt !== null;
      const facts = isFirst ? [...renderHeader(view, style).filter((line) => !line.startsWith('status')), ''] : [];
      print([...facts, ...changeLines(before, view, nowMilliseconds, style)]);
      before = view;
    },
    finish(view) {
      if (view !== null && view.end !== null) {
        print(['', ...renderEnd(view, view.end, style)]);
      }
    },
  };
}

export function progressFor(output: Output, isJson: boolean): Progress {
  if (isJson) {
    return silentProgress;
  }
  return output.isTerminal ? liveProgress(output) : lineProgress(output);
}
