import type { LoadBalancer, RegistrationResult, Target, TargetGroup, TargetHealth } from '../../clients/ports.ts';
import { nameOf } from '../given/hosts.ts';
import { type TellDeed, tellNobody } from './deeds.ts';

/** Elastic Load Balancing in memory; it has no target group until a test gives it one. */
export interface FakeBalancer extends LoadBalancer {
  givenGroup(group: TargetGroup): void;
  /** What the group says of its targets from now on; undefined: it is gone. */
  givenTargets(targets: readonly TargetHealth[] | undefined): void;
  /** What the next registration or deregistration is answered; otherwise it is done. */
  givenRegistration(answer: RegistrationResult): void;
}

export function createFakeBalancer(tell: TellDeed = tellNobody): FakeBalancer {
  const groups = new Map<string, TargetGroup>();
  let targets: readonly TargetHealth[] | undefined = [];
  const answers: RegistrationResult[] = [];

  async function change(verb: 'register' | 'deregister', target: Target): Promise<RegistrationResult> {
    tell(`${verb} ${nameOf(target.instanceId)}:${target.port}`);
    return answers.shift() ?? { kind: 'done' };
  }

  return {
    givenGroup: (group) => void groups.set(group.name, group),
    givenTargets: (given) => {
      targets = given;
    },
    givenRegistration: (answer) => void answers.push(answer),
    targetGroup: async (name) => groups.get(name),
    targets: async () => targets,
    register: (_, target) => change('register', target),
    deregister: (_, target) => change('deregister', target),
  };
}
