import { documentName, stateMachineName } from '../model/names.ts';
import type { HostDocument } from '../model/statuses.ts';
import { type Check, checkOf, checksAbout, deployStack, remakeStack } from './check.ts';
import type { DoctorFacts, InspectedStage } from './facts.ts';

/** What the stack consists of: its version, the documents that hosts run, the state machine. */
export function checkStack(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  return [checkVersion(facts, aws), ...checkDocuments(facts, aws), ...checkMachine(facts, aws)];
}

function checkVersion(facts: DoctorFacts, aws: InspectedStage): Check {
  const { good, warning } = checksAbout('stack');
  return aws.version === facts.version
    ? good(`Rollgate ${aws.version} is deployed`)
    : warning(
        `Rollgate ${aws.version} is deployed, and this is ${facts.version}: each may know what the other does not`,
        `# to bring the stack to ${facts.version}:`,
        deployStack(facts),
      );
}

function checkDocuments(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  const { service, name: stage } = facts.stage;
  const about = 'documents';
  const { good, failed } = checksAbout(about);
  const checks = Object.entries(aws.documents).flatMap(([kind, document]) => {
    const name = documentName(service, stage, kind as HostDocument);
    const gone = (): Check => failed(`SSM knows no document ${name}`, ...remakeStack(facts));
    return checkOf(about, facts, document, gone, ({ status, defaultVersion, latestVersion }) => {
      if (status !== 'Active') {
        return failed(`${name} is ${status}, not Active`, deployStack(facts));
      }
      return defaultVersion === latestVersion
        ? good(`${name} version ${defaultVersion}`)
        : failed(
            `${name}: version ${latestVersion} is there, and ${defaultVersion} is used: somebody has set it by hand`,
            `aws ssm update-document-default-version --name ${name} --document-version '${latestVersion}' --region ${facts.stage.region}`,
          );
    });
  });
  const isGood = checks.every((check) => check.verdict === 'good');
  return isGood ? [good(`all ${checks.length} are active: ${checks.map((check) => check.says).join(', ')}`)] : checks;
}

function checkMachine(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  const name = stateMachineName(facts.stage.service, facts.stage.name);
  const { good, failed } = checksAbout('state machine');
  const gone = (): Check => failed(`there is no state machine ${name}`, ...remakeStack(facts));
  return checkOf('state machine', facts, aws.stateMachine, gone, ({ status }) =>
    status === 'ACTIVE'
      ? good(`${name} is active`)
      : failed(`${name} is ${status}`, '# the stack is being removed; when it is gone:', deployStack(facts)),
  );
}
