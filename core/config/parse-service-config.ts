import { InvalidDeploymentError } from '../model/errors.ts';
import type { ServiceConfig } from '../model/service-config.ts';
import { crossProblems } from './cross-checks.ts';
import type { GivenSections } from './given-sections.ts';
import { progressDeadlineOf } from './progress-deadline.ts';
import { parseSections } from './schema.ts';
import { readYaml } from './yaml.ts';

/**
 * The configuration that a `services/<service>.yml` holds.
 * Throws InvalidDeploymentError with all problems, each `path: sentence` (`line 3: sentence` where it is no YAML).
 */
export function parseServiceConfig(yamlText: string): ServiceConfig {
  const value = readYaml(yamlText);
  const { sections, problems } = parseSections(value);
  const all = [...problems, ...crossProblems(sections)];
  const config = completeSections(sections);
  if (all.length > 0 || config === undefined) {
    throw new InvalidDeploymentError(all);
  }
  return config;
}

function completeSections(sections: GivenSections): ServiceConfig | undefined {
  const { service, description, artifact, target, runtime, run, unit } = sections;
  const { environment, secrets, upstreams, health, loadBalancer, rollout, retention } = sections;
  if (
    service === undefined ||
    description === undefined ||
    artifact === undefined ||
    target === undefined ||
    runtime === undefined ||
    run === undefined ||
    unit === undefined ||
    environment === undefined ||
    secrets === undefined ||
    upstreams === undefined ||
    health === undefined ||
    rollout === undefined ||
    retention === undefined
  ) {
    return undefined;
  }
  const behind = loadBalancer === undefined ? {} : { loadBalancer };
  return {
    service,
    description,
    artifact,
    target,
    runtime,
    run,
    unit,
    environment,
    secrets,
    upstreams,
    health,
    ...behind,
    rollout: {
      ...rollout,
      progressDeadlineSeconds: rollout.progressDeadlineSeconds ?? progressDeadlineOf({ unit, health, ...behind }),
    },
    retention,
  };
}
