import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes, as the end of a run names them. They begin first: whichever began last would keep one worker
 * at work, and the others idle. In a fresh checkout vitest knows only how large a file is.
 */
const longest = [
  'test/acceptance/shared-stage/config-and-drift.test.ts',
  'test/acceptance/shared-stage/verbs.test.ts',
  'test/acceptance/aws-stack.test.ts',
  'test/acceptance/main-job.test.ts',
  'test/acceptance/mishaps.test.ts',
  'test/acceptance/scripts-under-fault.test.ts',
  'test/acceptance/shared-stage/release-faults.test.ts',
  'test/acceptance/shared-stage/platform-faults.test.ts',
  'test/hosts/scripts.test.ts',
  'test/hosts/scripts-drift.test.ts',
  'test/hosts/scripts-previous.test.ts',
  'test/hosts/scripts-drift-files.test.ts',
  'test/hosts/upstreams.test.ts',
  'test/infra/stack.test.ts',
  'test/machine/histories/histories.test.ts',
  'test/machine/death.test.ts',
];

/** The longest files of a project first, then vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groups = new Map<string, TestSpecification[]>();
    for (const file of await super.sort(files)) {
      groups.set(file.project.name, [...(groups.get(file.project.name) ?? []), file]);
    }
    return [...groups.values()].flatMap((group) => group.toSorted((one, other) => rankOf(one) - rankOf(other)));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
  return rank === -1 ? longest.length : rank;
}
