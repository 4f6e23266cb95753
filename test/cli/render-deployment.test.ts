import { describe, expect, it } from 'vitest';
import { renderDeployment } from '../../cli/render/render-deployment.ts';
import { plainStyle } from '../../cli/render/style.ts';
import { deploymentView } from '../../core/views/deployment-view.ts';
import { dirtyOutside, endings, goingOn, refused, reported, superseded } from '../given/recorded-deployments.ts';

const draw = (record: Parameters<typeof deploymentView>[0]): string =>
  `${renderDeployment(deploymentView(record), plainStyle).join('\n')}\n`;

describe('the end of a deployment', () => {
  it.each(
    Object.entries({
      ...endings,
      Superseded: superseded,
      Refused: refused,
      DirtyOutside: dirtyOutside,
      reported: reported.ended,
    }),
  )('%s', async (name, record) => {
    await expect(draw(record)).toMatchFileSnapshot(`golden/end-${name}.txt`);
  });
});

describe('a deployment that goes on', () => {
  it.each(Object.entries({ ...goingOn, reported: reported.goingOn }))('%s', async (name, record) => {
    await expect(draw(record)).toMatchFileSnapshot(`golden/going-on-${name}.txt`);
  });
});
