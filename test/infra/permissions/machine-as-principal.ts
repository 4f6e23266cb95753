import { readFileSync } from 'node:fs';
import { type Definition, type State, statesOf } from '../../../local/state-machine/definition.ts';
import type { Principal } from './check-policies.ts';
import { elsewhere } from './elsewhere.ts';
import type { Request } from './iam.ts';
import { arnOf, settings } from './stage.ts';

/** The state machine with all that its definition and its log ask of AWS. */
export function machineAsPrincipal(): Principal {
  const definition = JSON.parse(readFileSync('state-machine/rollout.asl.json', 'utf8')) as Definition;
  const states = [...statesOf(definition)].map(([, state]) => state as State & Partial<TaskOrMap>);
  const functions = new Set(states.flatMap(({ Parameters }) => functionOf(Parameters?.FunctionName)));
  const requests = [
    // By its version: a rollout keeps the code that it began with.
    ...[...functions].map((name) => ({
      action: 'lambda:InvokeFunction',
      resource: arnOf('lambda', `function:rollgate-payment-prod-${name}:7`),
    })),
    ...(states.some((state) => state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED') ? children() : []),
    ...logDelivery(),
  ];
  const unversioned = [...functions].map((name) => ({
    action: 'lambda:InvokeFunction',
    resource: arnOf('lambda', `function:rollgate-payment-prod-${name}`),
  }));
  return {
    name: 'the state machine',
    policies: ['StateMachineRole'],
    requests,
    refused: [...elsewhere(requests), ...unversioned],
  };
}

interface TaskOrMap {
  readonly Parameters: { readonly FunctionName?: string };
  readonly ItemProcessor: { readonly ProcessorConfig?: { readonly Mode: string } };
}

function functionOf(name: string | undefined): readonly string[] {
  const key = /^\$\{(\w+)\}$/.exec(name ?? '')?.[1];
  return key === undefined ? [] : [key];
}

/** A Distributed Map runs its items as executions of the machine itself (developer guide, "IAM policies for using Distributed Map states"). */
function children(): readonly Request[] {
  const execution = arnOf('states', 'execution:rollgate-payment-prod:child');
  return [
    { action: 'states:StartExecution', resource: settings.stateMachineArn },
    { action: 'states:DescribeExecution', resource: execution },
    { action: 'states:StopExecution', resource: execution },
  ];
}

/** Where the machine writes a log, its role sets the delivery up (developer guide, "Using CloudWatch Logs", which allows them on `*`). */
function logDelivery(): readonly Request[] {
  if (!/^ +LoggingConfiguration:$/m.test(readFileSync('infra/state-machine.yml', 'utf8'))) return [];
  const deliveries = ['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery'];
  const others = ['ListLogDeliveries', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups'];
  return [...deliveries, ...others].map((name) => ({ action: `logs:${name}`, resource: '*' }));
}
