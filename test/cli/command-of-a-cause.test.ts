import { expect, test } from 'vitest';
import { changeLines } from '../../cli/render/change-lines.ts';
import { renderDeployment } from '../../cli/render/render-deployment.ts';
import { plainStyle } from '../../cli/render/style.ts';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import { deploymentView } from '../../core/views/deployment-view.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { endings, goingOn } from '../given/recorded-deployments.ts';
import { fakeWorld, givenDeployment } from './fake-world.ts';

const command =
  'aws ec2 authorize-security-group-ingress --group-id sg-0c --protocol tcp --port 8080 --source-group sg-0a';

/** The same story, where the cause of every failure is mended by one command. */
function withCommand(record: DeploymentRecord): DeploymentRecord {
  const mended = <T extends { readonly diagnosis: object | null }>(of: T): T =>
    of.diagnosis === null ? of : { ...of, diagnosis: { ...of.diagnosis, command } };
  return {
    ...record,
    steps: record.steps.map((step) => (step.outcome === null ? step : { ...step, outcome: mended(step.outcome) })),
    outcome: record.outcome === null ? null : { ...record.outcome, hosts: record.outcome.hosts.map(mended) },
  };
}

/** Lines that hold the command, without what stands before it. */
function typed(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes(command)).map((line) => line.slice(line.indexOf('type:')));
}

const ended = withCommand(endings.RolledBack);

test('rollgate explain gives the command whole, on a line of its own', async () => {
  const fake = fakeWorld();
  givenDeployment(fake.ledger, ended);

  await fake.run('explain', ended.deploymentId);

  expect(typed(fake.stdout.text().split('\n'))).toEqual([`type: ${command}`]);
});

test('so do the tree of a deployment and its end', () => {
  const lines = typed(renderDeployment(deploymentView(ended), plainStyle));

  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(new Set(lines)).toEqual(new Set([`type: ${command}`]));
});

test('and the lines that tell what happens', () => {
  const [before, after] = [goingOn.inItsGate, goingOn.reverting].map((record) => deploymentView(withCommand(record)));
  if (before === undefined || after === undefined) throw new Error('two views were asked for');

  expect(typed(changeLines(before, after, beginning, plainStyle))).toEqual([`type: ${command}`]);
});
