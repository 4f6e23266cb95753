import type { HostDocument } from './statuses.ts';

/** What everything of one service in one stage is called on AWS: `rollgate-payment-prod`. */
export function stackName(service: string, stage: string): string {
  return `rollgate-${service}-${stage}`;
}

/** The state machine has the name of the stack itself: an operator types it into the console. */
export function stateMachineName(service: string, stage: string): string {
  return stackName(service, stage);
}

/** `rollgate-payment-prod-install`: the name under which SSM knows a document. */
export function documentName(service: string, stage: string, kind: HostDocument): string {
  return `${stackName(service, stage)}-${kind}`;
}

/** `rollgate-payment-prod-AdmitDeployment` */
export function functionName(service: string, stage: string, functionKey: string): string {
  return `${stackName(service, stage)}-${functionKey}`;
}

/**
 * The key of the tag by which the owner of a host lets Rollgate send commands to it; its value is the stage. The service
 * is part of the key, since one host may carry several services and an instance has one value for each key.
 */
export function optInTag(service: string): string {
  return `rollgate:${service}`;
}

/** The SSM parameter in which a stack says where its parts are. */
export function stageDirectoryParameter(service: string, stage: string): string {
  return `/rollgate/${service}/${stage}`;
}
