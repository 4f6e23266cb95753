import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { callEmulator } from './call-emulator.ts';
import type { Emulator } from './emulator.ts';

/** How long is waited for what should not happen. */
const patienceSeconds = 3;

type Target = Parameters<typeof callEmulator>[1];
type Fields = Readonly<Record<string, string>>;

/** What the probes of an emulator do with it, past the SDK. */
export function createProbeKit(emulator: () => Emulator, account: string) {
  const arnOfQueue = (name: string): string => `arn:aws:sqs:eu-west-1:${account}:${name}`;

  async function call(target: Target, input: unknown): Promise<Fields> {
    const { status, body } = await callEmulator(emulator().endpoint, target, input);
    expect([target, status, status === 200 ? '' : body]).toEqual([target, 200, '']);
    return body as Fields;
  }

  /** One of the services that take a form and answer in XML. */
  async function query(service: string, Version: string, Action: string, parameters: Fields): Promise<string> {
    const scope = `test/20260101/eu-west-1/${service}/aws4_request`;
    const response = await fetch(emulator().endpoint, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
      body: new URLSearchParams({ Action, Version, ...parameters }),
    });
    return response.text();
  }

  async function makeQueue(QueueName: string): Promise<string> {
    return (await call('AmazonSQS.CreateQueue', { QueueName }))['QueueUrl'] ?? '';
  }

  /** The messages of a queue, as soon as there are so many, or those that came while it was waited. */
  async function received(QueueUrl: string, count: number): Promise<readonly string[]> {
    const bodies: string[] = [];
    const end = performance.now() + patienceSeconds * 1000;
    while (bodies.length < count && performance.now() < end) {
      const { body } = await callEmulator(emulator().endpoint, 'AmazonSQS.ReceiveMessage', { QueueUrl });
      for (const { Body, ReceiptHandle } of (body['Messages'] ?? []) as readonly Fields[]) {
        bodies.push(Body ?? '');
        await call('AmazonSQS.DeleteMessage', { QueueUrl, ReceiptHandle });
      }
      await delay(50);
    }
    return bodies;
  }

  /** A queue that gets every event of this source; that it would is shown by one of the test's own. */
  async function listenTo(source: string): Promise<string> {
    const queue = await makeQueue('events');
    await call('AWSEvents.PutRule', { Name: 'events', EventPattern: JSON.stringify({ source: [source, 'probe'] }) });
    await call('AWSEvents.PutTargets', { Rule: 'events', Targets: [{ Id: 'queue', Arn: arnOfQueue('events') }] });
    await call('AWSEvents.PutEvents', { Entries: [{ Source: 'probe', DetailType: 'test', Detail: '{}' }] });
    expect(await received(queue, 1)).toHaveLength(1);
    return queue;
  }

  /** How an execution ended, or stands after some seconds; its machine is made of these states, the first one first. */
  async function run(name: string, States: object, input: object = {}, machine: object = {}): Promise<Fields> {
    const definition = JSON.stringify({ StartAt: Object.keys(States)[0], States, ...machine });
    const roleArn = `arn:aws:iam::${account}:role/rollgate`;
    const { stateMachineArn } = await call('AWSStepFunctions.CreateStateMachine', { name, definition, roleArn });
    const started = { stateMachineArn, input: JSON.stringify(input) };
    const { executionArn } = await call('AWSStepFunctions.StartExecution', started);
    const end = performance.now() + patienceSeconds * 1000;
    for (;;) {
      const execution = await call('AWSStepFunctions.DescribeExecution', { executionArn });
      if (execution['status'] !== 'RUNNING' || performance.now() > end) return execution;
      await delay(50);
    }
  }

  return { arnOfQueue, call, query, makeQueue, received, listenTo, run };
}
