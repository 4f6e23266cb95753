// The operators of test/infra/permissions look for them here.
export { endings, goingOn, oneFailed } from '../given/recorded-deployments.ts';
