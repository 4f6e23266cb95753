import { describe, expect, test } from 'vitest';
import { coverage } from './given-machine.ts';
import './stories/rollout.ts';
import './stories/rollback.ts';
import './stories/uploads.ts';
import './stories/config-only.ts';
import './stories/operators.ts';
import './stories/alarms.ts';
import './stories/refusals.ts';
import './stories/shared-fault.ts';
import './stories/silence.ts';
import './stories/causes.ts';
import './stories/commands.ts';
import './stories/repair.ts';
import './stories/catches.ts';
import './stories/converge.ts';
import './stories/converge-stopped.ts';

/** The stories above run in this file, so that this check sees them all: it stands last. */
describe('the stories together', () => {
  test('visit every state, every Catch and every Choice arm', () => {
    expect(coverage.missing()).toEqual([]);
  });
});
