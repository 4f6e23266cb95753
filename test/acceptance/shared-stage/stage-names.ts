/** Names of the shared stages' folders below `.rollgate`: one for each worker. */
export const sharedStagePrefix = 'test-shared-';
