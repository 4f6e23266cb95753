import { stackName } from '../model/names.ts';
import type { DoctorFacts, Looked } from './facts.ts';

/** One thing that was looked at. */
export interface Check {
  /** `warning`: deployments work, and somebody should know; `unseen`: this caller may not look. */
  readonly verdict: 'good' | 'warning' | 'failed' | 'unseen';
  /** What it is about: `artifact bucket`. */
  readonly about: string;
  readonly says: string;
  /** Lines to type or to do, in this order; a line that begins with # is a remark. */
  readonly fix: readonly string[];
}

type Make = (says: string, ...fix: readonly string[]) => Check;

/** Makers of checks about one thing. */
export function checksAbout(about: string): Readonly<Record<'good' | 'warning' | 'failed', Make>> {
  const make =
    (verdict: Check['verdict']): Make =>
    (says, ...fix) => ({ verdict, about, says, fix });
  return { good: make('good'), warning: make('warning'), failed: make('failed') };
}

/** A check of something that may be hidden or gone. */
export function checkOf<T>(
  about: string,
  facts: DoctorFacts,
  looked: Looked<T>,
  ifAbsent: () => Check,
  ifSeen: (value: T) => Check | readonly Check[],
): readonly Check[] {
  switch (looked.kind) {
    case 'seen':
      return [ifSeen(looked.value)].flat();
    case 'absent':
      return [ifAbsent()];
    case 'unseen':
      return [
        {
          verdict: 'unseen',
          about,
          says: `not looked at: ${looked.why}`,
          fix: [
            `# have the policy rollgate-${facts.stage.service}-${facts.stage.name}-operator-doctor-${facts.stage.region} attached`,
          ],
        },
      ];
  }
}

/**
 * What deploys the stack as it is, or with another artifact bucket. A bucket that the stack did not make is named again:
 * without it the stack would make one and listen to that.
 */
export function deployStack(facts: DoctorFacts, artifactBucket: string = facts.stage.artifactBucket): string {
  const { service, name, accountId, region } = facts.stage;
  const own = `${stackName(service, name)}-artifacts-${accountId}-${region}`;
  const bucket = artifactBucket === own ? '' : ` --param artifactBucket=${artifactBucket}`;
  return `npx osls deploy${whichStack(facts)}${bucket}`;
}

/** For parts that somebody deleted by hand: CloudFormation does not look whether what it once made is still there. */
export function remakeStack(facts: DoctorFacts): readonly string[] {
  return [
    '# CloudFormation does not see that it is gone: remove the stack and make it anew. The state bucket stays; the key of',
    '# the secrets and the instance profile of the hosts do not: put the secrets again and attach the profile again',
    `npx osls remove${whichStack(facts)}`,
    deployStack(facts),
  ];
}

function whichStack({ stage }: DoctorFacts): string {
  return ` --stage ${stage.name} --region ${stage.region}${stage.service === 'payment' ? '' : ` --param service=${stage.service}`}`;
}
