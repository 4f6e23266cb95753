import { type CommandRecord, deliveryDeadline, isTerminal } from '../../../local/run-command/command-record.ts';

/** Of `DescribeInstanceInformation`. */
export function describeInstance({ instanceId, ping }: { readonly instanceId: string; readonly ping: string }) {
  return {
    InstanceId: instanceId,
    PingStatus: ping,
    ResourceType: 'EC2Instance',
    PlatformType: 'Linux',
    AgentVersion: '3.3.2746.0',
    LastPingDateTime: Date.now() / 1000,
  };
}

/** Of `SendCommand` and `ListCommands`. */
export function describeCommand(record: CommandRecord) {
  const isOver = isTerminal(record.status);
  return {
    CommandId: record.commandId,
    DocumentName: record.documentName,
    DocumentVersion: record.documentVersion,
    Comment: record.comment,
    Parameters: record.parameters,
    InstanceIds: [record.instanceId],
    Targets: [],
    RequestedDateTime: Date.parse(record.requestedAt) / 1000,
    ExpiresAfter: deliveryDeadline(record) / 1000,
    TimeoutSeconds: record.timeoutSeconds,
    Status: record.status,
    StatusDetails: record.statusDetails,
    TargetCount: 1,
    CompletedCount: isOver ? 1 : 0,
    ErrorCount: isOver && record.status !== 'Success' ? 1 : 0,
  };
}

/** Of `GetCommandInvocation`. */
export function describeInvocation(record: CommandRecord) {
  const [step] = record.steps ?? [];
  return {
    CommandId: record.commandId,
    InstanceId: record.instanceId,
    Comment: record.comment,
    DocumentName: record.documentName,
    DocumentVersion: record.documentVersion,
    PluginName: step?.name ?? '',
    ResponseCode: record.responseCode,
    ExecutionStartDateTime: record.startedAt ?? '',
    ExecutionEndDateTime: record.finishedAt ?? '',
    Status: record.status,
    StatusDetails: record.statusDetails,
    StandardOutputContent: record.stdout,
    StandardOutputUrl: '',
    StandardErrorContent: record.stderr,
    StandardErrorUrl: '',
  };
}

/** `Output` of a plugin is cut after 2,500 characters. */
const pluginOutputLimit = 2500;

/** Of `ListCommandInvocations`. */
export function listInvocation(record: CommandRecord, hasDetails: boolean) {
  return {
    CommandId: record.commandId,
    InstanceId: record.instanceId,
    Comment: record.comment,
    DocumentName: record.documentName,
    DocumentVersion: record.documentVersion,
    RequestedDateTime: Date.parse(record.requestedAt) / 1000,
    Status: record.status,
    StatusDetails: record.statusDetails,
    CommandPlugins: !hasDetails
      ? []
      : (record.steps ?? []).map((step) => ({
          Name: step.name,
          Status: step.status,
          StatusDetails: step.status,
          ResponseCode: step.responseCode,
          Output: step.stdout.slice(0, pluginOutputLimit),
        })),
  };
}
