/** How long a host may take to come online at SSM: cloud-init and the agent's registration take a few minutes at most. */
export const onlineDeadlineSeconds = 900;

/**
 * So many failures of one host, or of any hosts in a row, within the window end it. A host that dies while it is staged
 * takes half an hour to be found dead: the window holds more than three of them.
 */
export const maxConvergeFailures = 3;

export const failureWindowSeconds = 21_600;

/** Between a failure of a host and the next try. */
export const retryPauseSeconds = 300;
