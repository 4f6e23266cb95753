/** Defaults of `services/<service>.yml`. The annotated `services/payment.yml` names each of them where it stands. */

/** Uploads are unpacked into the release's own directory; pip reads this file in it. */
export const defaultRequirementsFile = 'requirements.txt';

/** Seconds a stop may drain requests in flight. systemd's own default is 90; a payment request takes 3 at most. */
export const defaultStopSeconds = 30;

/** Seconds between a crash and the next start. systemd's 0.1 would spend its five starts in half a second. */
export const defaultRestartSeconds = 1;

/** HTTP status that `/health` answers. */
export const defaultExpectStatus = 200;

/** Good answers in a row. The Elastic Load Balancer takes five, 30 seconds apart; here they are close together. */
export const defaultConsecutiveSuccesses = 3;

/** Seconds between two health questions. */
export const defaultIntervalSeconds = 0.5;

/** Seconds one health question may take. */
export const defaultTimeoutSeconds = 2;

/** Seconds since its start that the service must have been up without a restart: a process that dies after 8 fails. */
export const defaultStableSeconds = 10;

/** Seconds after which a host that is not healthy has failed the gate. */
export const defaultHealthDeadlineSeconds = 60;

/** Seconds a host may take to leave the load balancer: ELB's own default for connections that are still open. */
export const defaultDrainSeconds = 300;

/** Seconds until the load balancer must call a host healthy: ELB asks every 30, and one good answer makes a new one so. */
export const defaultHealthySeconds = 120;

/** One host, a quarter of all, all: cumulative. */
export const defaultWaves = [1, '25%', '100%'] as const;

/** Hosts of the target that may be down at once, those counted that were down before. */
export const defaultMaxUnavailable = 1;

/** Hosts of the whole deployment that may fail before it is reverted. */
export const defaultMaxFailedHosts = 0;

/** Seconds between a wave and the next one. */
export const defaultBakeSeconds = 0;

/** Seconds an approval is waited for: one day. */
export const defaultApprovalSeconds = 86_400;

/** Seconds from taking the lock after which no further host is activated: four hours, waits for people left out. */
export const defaultDeadlineSeconds = 14_400;

/** Seconds without a host staged or through its gate: as Kubernetes and Nomad have it. See core/config/progress-deadline.ts. */
export const defaultProgressDeadlineSeconds = 600;

/** Releases that stay on a host, the running, stable and previous stable one always besides. */
export const defaultRetainedReleases = 5;
