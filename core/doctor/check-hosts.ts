import { tagText } from '../config/resolve-environment.ts';
import { optInTag, stackName } from '../model/names.ts';
import { type ServiceConfig, targetTags } from '../model/service-config.ts';
import { type Check, checkOf, checksAbout } from './check.ts';
import { createTags } from './check-configuration.ts';
import type { AgentFacts, DoctorFacts, DoctorHost, InspectedStage } from './facts.ts';

/** From this version on the agent ends a step as the documents say (`onFailure`). */
const minAgentVersion = '3.0.502';

/** The hosts of the target: found, willing, running, reached. */
export function checkHosts(facts: DoctorFacts, config: ServiceConfig): readonly Check[] {
  const { hosts } = facts;
  const { good, failed } = checksAbout('hosts');
  const tags = targetTags(config, facts.stage.name);
  if (hosts.length === 0) {
    return [
      failed(
        `no instance carries the tags ${tagText(tags)}, so there is nothing to deploy to`,
        createTags(facts, '<instance ids>', { ...tags, [optInTag(facts.stage.service)]: facts.stage.name }),
      ),
    ];
  }
  const count = `${hosts.length} host${hosts.length === 1 ? '' : 's'}`;
  return [
    good(`${count} with the tags ${tagText(tags)}: ${namesOf(hosts)}`),
    checkOptIn(facts),
    ...checkRunning(facts, config),
    ...(facts.aws === null ? [] : checkProfiles(facts, facts.aws)),
    ...checkPing(facts, config),
    ...(facts.aws === null ? [] : checkAgents(facts, facts.aws)),
  ];
}

function namesOf(hosts: readonly DoctorHost[]): string {
  return hosts.map(({ name, instanceId }) => (name === instanceId ? name : `${name} (${instanceId})`)).join(', ');
}

function idsOf(hosts: readonly DoctorHost[]): string {
  return hosts.map((host) => host.instanceId).join(' ');
}

/** Where the policy is to leave such hosts out, they stop nothing. */
function ifOffline(config: ServiceConfig): 'warning' | 'failed' {
  return config.rollout.offlineHosts === 'skip' ? 'warning' : 'failed';
}

function checkOptIn(facts: DoctorFacts): Check {
  const { good, failed } = checksAbout('hosts');
  const [key, value] = [optInTag(facts.stage.service), facts.stage.name];
  const unwilling = facts.hosts.filter((host) => host.tags[key] !== value);
  return unwilling.length === 0
    ? good(`all carry ${key}=${value}, so Rollgate may send them commands`)
    : failed(
        `without the tag ${key}=${value}, so every command to them is denied: ${namesOf(unwilling)}`,
        createTags(facts, idsOf(unwilling), { [key]: value }),
      );
}

function checkRunning(facts: DoctorFacts, config: ServiceConfig): readonly Check[] {
  const down = facts.hosts.filter((host) => host.state !== 'running');
  const make = checksAbout('hosts')[ifOffline(config)];
  return down.length === 0
    ? []
    : [
        make(
          `not running: ${down.map((host) => `${namesOf([host])} is ${host.state}`).join(', ')}`,
          `aws ec2 start-instances --instance-ids ${idsOf(down)} --region ${facts.stage.region}`,
          "# or take the target's tags off them",
        ),
      ];
}

/** What its role may do is not looked at: that would take the rights of an administrator. */
function checkProfiles(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  const about = 'instance profile';
  const { good, failed } = checksAbout(about);
  const { service, name: stage, region } = facts.stage;
  const output = `aws cloudformation describe-stacks --stack-name ${stackName(service, stage)} --region ${region} --query "Stacks[0].Outputs[?OutputKey=='HostInstanceProfile'].OutputValue" --output text`;
  return checkOf(
    about,
    facts,
    aws.instances,
    () => good('no instance'),
    (instances) => {
      const profileOf = (host: DoctorHost): string | null => instances[host.instanceId]?.instanceProfile ?? null;
      const bare = facts.hosts.filter((host) => profileOf(host) === null);
      const dressed = Map.groupBy(
        facts.hosts.filter((host) => profileOf(host) !== null),
        profileOf,
      );
      return [
        ...[...dressed].map(([profile, hosts]) => good(`${profile}: ${hosts.map((host) => host.name).join(', ')}`)),
        ...(bare.length === 0
          ? []
          : [
              failed(
                `without one, so neither SSM nor the release can reach them: ${namesOf(bare)}`,
                ...bare.map(
                  ({ instanceId }) =>
                    `aws ec2 associate-iam-instance-profile --instance-id ${instanceId} --region ${region} --iam-instance-profile Name="$(${output})"`,
                ),
              ),
            ]),
      ];
    },
  );
}

function checkPing(facts: DoctorFacts, config: ServiceConfig): readonly Check[] {
  const { good, ...others } = checksAbout('agent');
  const running = facts.hosts.filter((host) => host.state === 'running');
  const silent = running.filter((host) => host.ping !== 'Online');
  if (silent.length === 0) {
    return running.length === 0 ? [] : [good(`online on ${running.map((host) => host.name).join(', ')}`)];
  }
  const { region } = facts.stage;
  return silent.map((host) =>
    others[ifOffline(config)](
      host.ping === 'absent'
        ? `${namesOf([host])} is not known to SSM`
        : `${namesOf([host])} lost its connection to SSM${lastSeen(facts, host)}`,
      ...(facts.aws === null
        ? ['npm start']
        : [
            '# on the host, in this order: does the agent run, and does it reach SSM (else: VPC endpoints, docs/deploying-to-aws.md)?',
            'systemctl status amazon-ssm-agent',
            `curl --head --max-time 5 https://ssm.${region}.amazonaws.com https://ssmmessages.${region}.amazonaws.com`,
            '# after an instance profile was attached: the agent asks for it within half an hour, or at once with',
            'systemctl restart amazon-ssm-agent',
          ]),
    ),
  );
}

function lastSeen(facts: DoctorFacts, host: DoctorHost): string {
  const agents = facts.aws?.agents;
  const at = agents?.kind === 'seen' ? (agents.value[host.instanceId]?.lastPingAt ?? null) : null;
  return at === null ? '' : ` (last heard of ${at})`;
}

function checkAgents(facts: DoctorFacts, aws: InspectedStage): readonly Check[] {
  const { good, failed } = checksAbout('agent');
  return checkOf(
    'agent',
    facts,
    aws.agents,
    () => good('no agent'),
    (agents) => {
      const known = facts.hosts.flatMap((host) => {
        const agent: AgentFacts | undefined = agents[host.instanceId];
        return agent === undefined ? [] : [{ host, version: agent.version }];
      });
      const old = known.filter(({ version }) => isOlder(version, minAgentVersion));
      if (old.length > 0) {
        return failed(
          `older than ${minAgentVersion}: ${old.map(({ host, version }) => `${namesOf([host])} has ${version}`).join(', ')}`,
          `aws ssm send-command --document-name AWS-UpdateSSMAgent --instance-ids ${idsOf(old.map(({ host }) => host))} --region ${facts.stage.region}`,
        );
      }
      const versions = [...new Set(known.map(({ version }) => version))].toSorted();
      return versions.length === 0 ? [] : good(`version ${versions.join(', ')}; ${minAgentVersion} is enough`);
    },
  );
}

/**
 * Whether a version of numbers and dots comes before another; what is no number counts as 0.
 *
 * isOlder('3.0.502.0', '3.0.502') = false; isOlder('3.0.9', '3.0.502') = true; isOlder('3.3', '3.0.502') = false
 */
export function isOlder(version: string, than: string): boolean {
  const parts = (text: string): readonly number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(version), parts(than)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
