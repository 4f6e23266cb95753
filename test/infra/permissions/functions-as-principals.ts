import { eventFunctions, stepFunctions } from '../../../local/engine/functions.ts';
import type { Principal } from './check-policies.ts';
import { elsewhere } from './elsewhere.ts';
import type { Request } from './iam.ts';
import { reachablePortCallers } from './reachable.ts';
import type { RecordedCall } from './recorded-calls.ts';
import { distinct, replayAll } from './replay.ts';
import { arnOf } from './stage.ts';

/** `AdmitDeployment`, the key in serverless.yml, with `admit-deployment`, its file and the name of its handler. */
const functionKeys: ReadonlyMap<string, string> = new Map(
  [...Object.keys(stepFunctions), ...Object.keys(eventFunctions)].map((key) => [
    key,
    key.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase(),
  ]),
);

/**
 * Each function with all that it can ask of AWS: what it was seen to call, and what others were seen to call by way of
 * functions that are in its bundle too.
 */
export async function functionsAsPrincipals(recorded: readonly RecordedCall[]): Promise<readonly Principal[]> {
  const principals: Principal[] = [];
  const replayed = new Map<RecordedCall, readonly Request[]>();
  for (const call of recorded) replayed.set(call, await replayAll([call]));
  for (const [key, name] of functionKeys) {
    const reachable = await reachablePortCallers(`functions/${name}.ts`);
    const calls = recorded.filter(
      ({ by, through }) => by.includes(key) || through.every((each) => reachable.all.has(each)),
    );
    const requests = [...distinct(calls.flatMap((call) => replayed.get(call) ?? [])), ...doneByLambda(key)];
    principals.push({ name: key, policies: [`${key}Role`], requests, refused: elsewhere(requests) });
  }
  return principals;
}

/** Functions in some bundle that may call ports and of which no story has shown what. */
export async function unseenFunctions(recorded: readonly RecordedCall[]): Promise<readonly string[]> {
  const seen = new Set(recorded.flatMap(({ through }) => through));
  const reachable = await Promise.all(
    [...functionKeys.values()].map((name) => reachablePortCallers(`functions/${name}.ts`)),
  );
  return [...new Set(reachable.flatMap(({ direct }) => [...direct]))].filter((each) => !seen.has(each)).sort();
}

/** What Lambda does with the role of a function, whatever the code does. */
function doneByLambda(key: string): readonly Request[] {
  const log = arnOf('logs', `log-group:/aws/lambda/rollgate-payment-prod-${key}:log-stream:2026/11/22/[1]a`);
  return [
    // The group is the stack's, with its retention; streams and lines are the function's.
    { action: 'logs:CreateLogStream', resource: log },
    { action: 'logs:PutLogEvents', resource: log },
    // Where a function failed for good at an event, Lambda keeps that event in its on-failure destination.
    ...(key in eventFunctions
      ? [{ action: 'sqs:SendMessage', resource: arnOf('sqs', 'rollgate-payment-prod-dead-letters') }]
      : []),
  ];
}
