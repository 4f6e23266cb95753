/**
 * How ids and names are spelled, anchored, in the part of regular expressions that JavaScript, Java and RE2 agree on:
 * SSM checks document parameters in Java at its API and in RE2 on the agent.
 */
export const patterns = {
  service: '^[a-z][a-z0-9-]{0,31}$',
  stage: '^[a-z0-9][a-z0-9-]{0,31}$',
  /** `d-20261122-204500-1a2b3c` */
  deploymentId: '^d-[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$',
  instanceId: '^i-[0-9a-f]{8,17}$',
  /** `v42`; `v0` is what ran before Rollgate and no release of ours. */
  release: '^v[1-9][0-9]{0,8}$',
  /** `v42-1a2b3c4d5e6f` */
  releaseId: '^v[1-9][0-9]{0,8}-[0-9a-f]{12}$',
  sha256: '^[0-9a-f]{64}$',
  region: '^[a-z]{2}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$',
  bucket: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
} as const;

const compiled = new Map<string, RegExp>();

/** Whether the whole text is spelled as the pattern says. */
export function isSpelled(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}
