import type { RolloutConfig, ServiceConfig } from '../model/service-config.ts';

/** The section `rollout` before the defaults that depend on other sections are filled in. */
export type GivenRollout = Omit<RolloutConfig, 'progressDeadlineSeconds'> &
  Partial<Pick<RolloutConfig, 'progressDeadlineSeconds'>>;

/** The sections that are right by themselves. */
export type GivenSections = Omit<Partial<ServiceConfig>, 'rollout'> & { readonly rollout?: GivenRollout };
