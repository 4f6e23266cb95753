import { expect, it } from 'vitest';
import { changeLines } from '../../cli/render/change-lines.ts';
import { plainStyle } from '../../cli/render/style.ts';
import { deploymentView } from '../../core/views/deployment-view.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { endings, goingOn, reported } from '../given/recorded-deployments.ts';

const at = beginning + 40_000;

it('says what each host does that has begun', () => {
  const lines = changeLines(null, deploymentView(goingOn.staging), at, plainStyle);

  expect(lines).toEqual([
    '20:45:40  ● staging',
    '20:45:40  Stage  payment-1  ● installing',
    '20:45:40  Stage  payment-2  ✓ staged  10.5 s  unchanged requirements, nothing installed',
    '20:45:40  Stage  payment-3  ● installing',
  ]);
});

it('says why a host failed and what to do, before what that led to', () => {
  const lines = changeLines(deploymentView(goingOn.inItsGate), deploymentView(goingOn.reverting), at, plainStyle);

  expect(lines).toEqual([
    '20:45:40  Wave 1  payment-1  ✗ failed  5.4 s  crash-loop: the service started and ended again 5 times: exit status 1',
    '          next: read the traceback: journalctl -u payment -e',
    '20:45:40  Revert  payment-1  ● reverting',
    '20:45:40  ● reverting',
  ]);
});

it('says nothing where nothing has changed', () => {
  const view = deploymentView(goingOn.baking);

  expect(changeLines(view, view, at, plainStyle)).toEqual([]);
});

it('leaves the end to the summary', () => {
  const lines = changeLines(deploymentView(goingOn.reverting), deploymentView(endings.RolledBack), at, plainStyle);

  expect(lines).toEqual(['20:45:40  Revert  payment-1  ↺ reverted  11.2 s  back on v1']);
});

it('names the deployment that it waits for', () => {
  const lines = changeLines(null, deploymentView(goingOn.waiting), at, plainStyle);

  expect(lines).toEqual(['20:45:40  ○ waiting for its turn, behind d-20261122-204400-999999']);
});

it('warns of what would have failed, before it goes on', () => {
  const lines = changeLines(deploymentView(goingOn.inItsGate), deploymentView(reported.goingOn), at, plainStyle);

  expect(lines).toEqual([
    '20:45:40  Wave 1  payment-1  ✓ passed  11.0 s',
    '20:45:40  ⚠ payment-1 http would have failed: GET http://127.0.0.1:8080/health answered 500, not 200 (asked 40 times) (report only)',
  ]);
});

it('says what a person types where it waits for one', () => {
  const lines = changeLines(
    deploymentView(goingOn.inItsGate),
    deploymentView(goingOn.awaitingApproval),
    at,
    plainStyle,
  );

  expect(lines).toEqual([
    '20:45:40  Wave 1  payment-1  ✓ passed  11.0 s',
    '20:45:40  ‖ waiting for approval, since 2026-11-22 20:45:44 UTC, until 2026-11-22 21:45:44 UTC',
    '          next: rollgate approve d-20261122-204500-1a2b3c, or rollgate halt d-20261122-204500-1a2b3c',
  ]);
});
