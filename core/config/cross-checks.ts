import { checkOfUpstream } from '../model/host-report.ts';
import type { UpstreamConfig, WaveSize } from '../model/service-config.ts';
import type { GivenRollout, GivenSections } from './given-sections.ts';
import { pathText } from './problems.ts';
import { leastProgressDeadline } from './progress-deadline.ts';

type Sections = GivenSections;

/** Problems between sections that are each right by themselves; a section that is missing here is not looked at. */
export function crossProblems(sections: Sections): string[] {
  return [
    ...pythonProblems(sections),
    ...argumentProblems(sections),
    ...secretProblems(sections),
    ...upstreamProblems(sections),
    ...healthProblems(sections),
    ...reportOnlyProblems(sections),
    ...rolloutProblems(sections.rollout),
    ...progressProblems(sections),
  ];
}

function pythonProblems({ runtime }: Sections): string[] {
  const again = runtime?.python.accepted.indexOf(runtime.python.preferred) ?? -1;
  return again < 0
    ? []
    : [`runtime.python.accepted[${again}]: ${runtime?.python.preferred} is the preferred one already`];
}

function argumentProblems({ run }: Sections): string[] {
  const words = run?.arguments ?? [];
  const unknown = words.flatMap((word, index) =>
    /\{\w+\}/.test(word.replaceAll(/\{[ug]id\}/g, ''))
      ? [`run.arguments[${index}]: {uid} and {gid} are the only placeholders there are`]
      : [],
  );
  return words.at(-1) === '--ini'
    ? [...unknown, `run.arguments[${words.length - 1}]: --ini must be followed by the name of a file`]
    : unknown;
}

function secretProblems({ environment, secrets }: Sections): string[] {
  return Object.keys(secrets ?? {})
    .filter((name) => environment !== undefined && Object.hasOwn(environment, name))
    .map((name) => `${pathText(['secrets', name])}: is in environment too; a variable has one value`);
}

function upstreamProblems({ environment, secrets, upstreams }: Sections): string[] {
  if (environment === undefined || secrets === undefined) {
    return [];
  }
  const names = Object.keys(environment);
  const both = [...names, ...Object.keys(secrets)];
  return Object.entries(upstreams ?? {}).flatMap(([name, upstream]) => {
    const at = (key: string) => pathText(['upstreams', name, key]);
    return [
      ...hostProblems(at('host'), upstream, environment),
      ...portProblems(at('port'), upstream, environment),
      ...(upstream.kind === 'amqp' && !both.includes(upstream.user)
        ? [`${at('user')}: ${notThere(upstream.user, 'environment or secrets', both)}`]
        : []),
      ...(upstream.kind === 'amqp' && !Object.hasOwn(secrets, upstream.password)
        ? [`${at('password')}: ${notThere(upstream.password, 'secrets', Object.keys(secrets))}`]
        : []),
    ];
  });
}

function hostProblems(
  at: string,
  { host }: UpstreamConfig,
  environment: NonNullable<Sections['environment']>,
): string[] {
  const value = Object.hasOwn(environment, host) ? environment[host] : undefined;
  if (value === undefined) {
    return [`${at}: ${notThere(host, 'environment', Object.keys(environment))}`];
  }
  const isAddress = value.kind === 'tag' || /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/.test(value.value);
  return isAddress ? [] : [`${at}: environment.${host} is not a host name or an address`];
}

function portProblems(
  at: string,
  { port }: UpstreamConfig,
  environment: NonNullable<Sections['environment']>,
): string[] {
  if (typeof port === 'number') {
    return [];
  }
  const value = Object.hasOwn(environment, port) ? environment[port] : undefined;
  if (value === undefined) {
    return [`${at}: ${notThere(port, 'environment', Object.keys(environment))}`];
  }
  const isPort = value.kind === 'literal' && /^[1-9][0-9]{0,4}$/.test(value.value) && Number(value.value) <= 65_535;
  return isPort ? [] : [`${at}: environment.${port} is not a port from 1 to 65535`];
}

function notThere(name: string, where: string, names: readonly string[]): string {
  return `${where} has no ${name}; it has ${names.length === 0 ? 'nothing' : names.join(', ')}`;
}

function healthProblems({ health }: Sections): string[] {
  if (health === undefined) {
    return [];
  }
  const { stableSeconds, consecutiveSuccesses, intervalSeconds, timeoutSeconds, deadlineSeconds } = health;
  const asked = (consecutiveSuccesses - 1) * intervalSeconds;
  const least = Math.max(stableSeconds, asked) + timeoutSeconds;
  return least <= deadlineSeconds
    ? []
    : [
        `health.deadlineSeconds: must be at least ${least}: stableSeconds is ${stableSeconds}, ` +
          `${consecutiveSuccesses} answers ${intervalSeconds} s apart take ${asked} s, one answer up to ${timeoutSeconds} s`,
      ];
}

/** Whether the unit is active at all is asked in any case. */
const alwaysDecides = 'active';

function reportOnlyProblems({ health, upstreams }: Sections): string[] {
  if (health === undefined || upstreams === undefined) {
    return [];
  }
  const calls = Object.entries(upstreams).map(([name, { kind }]) => checkOfUpstream(kind, name));
  const known = ['http', 'stable', 'journal', 'workers', ...calls];
  return health.reportOnly.flatMap((name, index) => {
    const at = `health.reportOnly[${index}]`;
    if (name === alwaysDecides) {
      return [`${at}: active decides in any case; what may only report is ${known.join(', ')}`];
    }
    return known.includes(name) ? [] : [`${at}: there is no check ${name}; known here: ${known.join(', ')}`];
  });
}

function rolloutProblems(rollout: GivenRollout | undefined): string[] {
  if (rollout === undefined) {
    return [];
  }
  const { waves, approval } = rollout;
  const problems = waves.flatMap((size, index) => {
    const earlier = index === 0 ? undefined : waves[index - 1];
    return earlier !== undefined && isNoLarger(size, earlier)
      ? [`rollout.waves[${index}]: must be larger than ${earlier}: the sizes count all hosts up to and with that wave`]
      : [];
  });
  if (waves.at(-1) !== '100%') {
    problems.push(
      `rollout.waves[${waves.length - 1}]: the last one must be "100%", or some hosts would keep the old release`,
    );
  }
  if (approval.kind === 'after-wave' && approval.wave >= waves.length) {
    problems.push(
      `rollout.approval: wave ${approval.wave} is ${approval.wave === waves.length ? 'the last one' : 'not there'}; ` +
        `waves that others follow are 1 to ${waves.length - 1}`,
    );
  }
  return problems;
}

function progressProblems({ unit, health, loadBalancer, rollout }: Sections): string[] {
  const given = rollout?.progressDeadlineSeconds;
  if (given === undefined || unit === undefined || health === undefined) {
    return [];
  }
  const behind = loadBalancer === undefined ? {} : { loadBalancer };
  const least = leastProgressDeadline({ unit, health, ...behind });
  const balanced = loadBalancer === undefined ? '' : ', the seconds of loadBalancer';
  const at = 'rollout.progressDeadlineSeconds';
  return given >= least
    ? []
    : [
        `${at}: must be at least ${least}: so long may one host take, with twice unit.stopSeconds (${unit.stopSeconds}), ` +
          `health.deadlineSeconds (${health.deadlineSeconds})${balanced} and the time until its commands count as lost`,
      ];
}

/** Sizes of different kinds can't be compared before the number of hosts is known. */
function isNoLarger(size: WaveSize, earlier: WaveSize): boolean {
  if (typeof size === 'number' && typeof earlier === 'number') {
    return size <= earlier;
  }
  if (typeof size === 'string' && typeof earlier === 'string') {
    return Number.parseInt(size, 10) <= Number.parseInt(earlier, 10);
  }
  return earlier === '100%';
}
