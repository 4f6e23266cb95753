import { environmentLookups } from '../config/resolve-environment.ts';
import { stackName } from '../model/names.ts';
import { type ServiceConfig, type Tags, withStage } from '../model/service-config.ts';
import { type Check, checkOf, checksAbout, deployStack } from './check.ts';
import type { DoctorFacts, InspectedStage } from './facts.ts';

/** The configuration in force, and whether the file of this checkout is it. */
export function checkConfiguration(facts: DoctorFacts): readonly Check[] {
  const { configuration, file } = facts;
  const { good, warning, failed } = checksAbout('configuration');
  switch (configuration.kind) {
    case 'absent':
      return [failed('none is in force, so no upload can be deployed', 'rollgate configure')];
    case 'broken':
      return [
        failed(
          `this version of Rollgate refuses the one in force: ${configuration.problems.join('; ')}`,
          'rollgate configure',
        ),
      ];
    case 'valid':
      return [
        fileCheck(),
        ...configuration.warnings.map((sentence) => warning(sentence, `# in ${file.path}, then: rollgate configure`)),
        ...(facts.aws === null ? [] : checkArtifact(facts, facts.aws, configuration.config)),
      ];
  }

  function fileCheck(): Check {
    if (!file.isThere) {
      return good(`is valid (there is no ${file.path} here to compare it with)`);
    }
    return file.isInForce
      ? good(`is valid, and ${file.path} is in force`)
      : warning(
          `is valid, but ${file.path} is another one`,
          '# to see what is different, and to put the file in force:',
          'rollgate configure --dry-run',
          'rollgate configure',
        );
  }
}

/** The stack listens for one key of one bucket; the configuration says which one the service has. */
function checkArtifact(facts: DoctorFacts, aws: InspectedStage, { artifact }: ServiceConfig): readonly Check[] {
  const { failed } = checksAbout('configuration');
  return [
    ...(artifact.key === aws.artifactKey
      ? []
      : [
          failed(
            `artifact.key is ${artifact.key}, but the stack listens for ${aws.artifactKey}: uploads start nothing`,
            deployStack(facts),
          ),
        ]),
    ...(artifact.bucket === undefined || artifact.bucket === facts.stage.artifactBucket
      ? []
      : [
          failed(
            `artifact.bucket is ${artifact.bucket}, but the stack listens to ${facts.stage.artifactBucket}: uploads start nothing`,
            deployStack(facts, artifact.bucket),
          ),
        ]),
  ];
}

/** Every address that is looked up by tags must be that of one running instance. */
export function checkEnvironment(facts: DoctorFacts, config: ServiceConfig): readonly Check[] {
  const stage = facts.stage.name;
  const checks = environmentLookups(config, stage).map(({ key, tags }) => {
    const { good, failed } = checksAbout('environment');
    const names = Object.entries(config.environment).flatMap(([name, value]) =>
      value.kind === 'tag' && sameTags(withStage(value.tags, stage), tags) ? [name] : [],
    );
    const all = facts.found[key] ?? [];
    const running = all.filter((instance) => instance.state === 'running');
    const about = `${names.join(', ')}: `;
    const [only] = running;
    if (only === undefined) {
      const others = all.map(({ instanceId, state }) => `${instanceId} is ${state}`).join(', ');
      return failed(
        `${about}no running instance carries the tags ${key}${others === '' ? '' : ` (${others})`}`,
        ...all
          .filter(({ state }) => state === 'stopped')
          .map(
            ({ instanceId }) => `aws ec2 start-instances --instance-ids ${instanceId} --region ${facts.stage.region}`,
          ),
        ...(all.length === 0 ? [createTags(facts, '<instance id>', tags)] : []),
        `# or write its address into environment.${names[0] ?? ''}`,
      );
    }
    if (running.length > 1) {
      const list = running.map(({ instanceId, privateAddress }) => `${instanceId} (${privateAddress})`).join(', ');
      return failed(
        `${about}${running.length} running instances carry the tags ${key}: ${list}`,
        `# give the one that is meant a tag of its own and name it in environment.${names[0] ?? ''}, or write the address of their load balancer there`,
      );
    }
    return only.privateAddress === ''
      ? failed(
          `${about}${only.instanceId} has no private address yet`,
          '# wait until it is running, then: rollgate doctor',
        )
      : good(`${about}${only.privateAddress} (${only.instanceId}, by ${key})`);
  });
  return checks;
}

function sameTags(left: Tags, right: Tags): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

export function createTags(facts: DoctorFacts, resources: string, tags: Tags): string {
  const list = Object.entries(tags)
    .map(([key, value]) => `'Key=${key},Value=${value}'`)
    .join(' ');
  return `aws ec2 create-tags --resources ${resources} --tags ${list} --region ${facts.stage.region}`;
}

/** The secrets must be there, encrypted, under names and a key that the hosts of the stack may read. */
export function checkSecrets(facts: DoctorFacts, aws: InspectedStage, config: ServiceConfig): readonly Check[] {
  const { service, name: stage, region } = facts.stage;
  const { good, warning, failed } = checksAbout('secrets');
  const key = `alias/${stackName(service, stage)}`;
  const secrets = Object.entries(config.secrets);
  const none = (): Check => good('the configuration names none');
  if (secrets.length === 0) {
    return [none()];
  }
  return checkOf('secrets', facts, aws.parameters, none, (parameters) =>
    secrets.flatMap(([variable, secret]): readonly Check[] => {
      const name = secret.parameter.replaceAll('{stage}', stage);
      const put = [
        `read -rs ${variable}   # the value; it is not shown`,
        `aws ssm put-parameter --type SecureString --key-id ${key} --name ${name} --value "$${variable}" --region ${region}`,
      ];
      const found = parameters[name];
      if (found === undefined) {
        return [failed(`${variable}: there is no parameter ${name}`, ...put)];
      }
      if (found.type !== 'SecureString') {
        return [
          failed(
            `${variable}: ${name} is a ${found.type}: it is stored in clear text`,
            '# the type of a parameter can not be changed; take a new value, this one was readable',
            `aws ssm delete-parameter --name ${name} --region ${region}`,
            ...put,
          ),
        ];
      }
      const place = `/${service}/${stage}/`;
      return [
        found.keyId === key
          ? good(`${variable}: ${name} is a SecureString under ${key}`)
          : warning(
              `${variable}: ${name} is encrypted with ${found.keyId ?? 'an unknown key'}, not with ${key}: ${whoMay(found.keyId)}`,
              ...put.slice(0, 1),
              `${put[1]} --overwrite`,
            ),
        ...(name.startsWith(place)
          ? []
          : [
              warning(
                `${variable}: the stack's policy for hosts covers ${place}*, not ${name}`,
                `# name it ${place}${variable} in secrets.${variable}.parameter, or allow ssm:GetParameters on it to the hosts' role`,
              ),
            ]),
      ];
    }),
  );
}

function whoMay(keyId: string | null): string {
  return keyId === 'alias/aws/ssm'
    ? 'whoever may read the parameter may decrypt it'
    : "the stack's policy for hosts does not let them decrypt it";
}
