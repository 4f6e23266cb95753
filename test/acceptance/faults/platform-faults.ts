import type { RunCommandEvent } from '../../../local/run-command/status-event.ts';
import { harmless, notStaged } from './expectations.ts';
import type { Fault } from './fault.ts';

const toFirst = { isSimulated: true, deploy: { kind: 'good-release' }, mend: () => undefined } as const;

/** Faults of AWS itself: none of them may revert a good release. */
export const platformFaults: readonly Fault[] = [
  {
    ...toFirst,
    name: 'send-throttled',
    injected: 'SendCommand is throttled three times, at three steps',
    inject: ({ stage }) => {
      for (const document of ['-install', '-activate', '-verify']) {
        stage.engine.faults.givenSend({ kind: 'throttle' }, (request) => request.documentName.endsWith(document));
      }
    },
    expected: harmless,
  },
  {
    ...toFirst,
    name: 'send-answer-lost',
    injected: 'the answer to SendCommand is lost; the command runs',
    inject: ({ stage }) =>
      stage.engine.faults.givenSend({ kind: 'lose-response' }, (request) => request.documentName.endsWith('-activate')),
    expected: harmless,
  },
  {
    ...toFirst,
    name: 'event-lost',
    injected: 'the status event of the activation never comes',
    inject: ({ stage }) => stage.engine.faults.givenEvent({ kind: 'drop' }, (event) => isEndOf(event, '-activate')),
    expected: harmless,
  },
  {
    ...toFirst,
    name: 'event-twice',
    injected: 'every status event comes twice',
    inject: ({ stage }) => {
      for (const document of ['-install', '-activate', '-verify']) {
        stage.engine.faults.givenEvent({ kind: 'duplicate' }, (event) => isEndOf(event, document));
      }
    },
    expected: harmless,
  },
  {
    ...toFirst,
    name: 'expired-credentials',
    injected: "SSM answers the host's read of its parameters with ExpiredTokenException",
    inject: ({ stage }) => stage.engine.refuseParameters('ExpiredTokenException'),
    mend: ({ stage }) => stage.engine.refuseParameters(null),
    expected: notStaged({
      cause: 'secret-unreadable',
      meaning: /^reading the parameters \/payment\/local\/AMQP_PASS: .*ExpiredTokenException/,
      remedy: /^the credentials of the instance's role have expired/,
    }),
  },
  {
    ...toFirst,
    name: 'parameter-denied',
    injected: "SSM answers the host's read of its parameters with AccessDeniedException",
    inject: ({ stage }) => stage.engine.refuseParameters('AccessDeniedException'),
    mend: ({ stage }) => stage.engine.refuseParameters(null),
    expected: notStaged({
      cause: 'secret-unreadable',
      meaning: /^reading the parameters \/payment\/local\/AMQP_PASS: .*AccessDeniedException/,
      remedy: /let the instance's role read it \(ssm:GetParameters/,
    }),
  },
];

function isEndOf(event: RunCommandEvent, document: string): boolean {
  const isOfInvocation = event['detail-type'] === 'EC2 Command Invocation Status-change Notification';
  return isOfInvocation && event.detail['document-name'].endsWith(document) && event.detail.status === 'Success';
}
