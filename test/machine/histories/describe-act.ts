import { type Deed, lateCommandSeconds, lateEventSeconds } from './history.ts';

/** What happens, in one line for a person. */
export function describeAct(deed: Deed): string {
  switch (deed.kind) {
    case 'upload':
      return `somebody uploads a version (${deed.behaviour}); its event ${heardWords[deed.heard]}`;
    case 'upload-event-again':
      return `the event of upload ${deed.fromNewest === 1 ? 'newest' : 'newest but one'} comes once more`;
    case 'deploy':
      return `a person deploys ${whatWords[deed.what]}${deed.hosts === null ? '' : ` to ${[...deed.hosts].join(', ')}`}`;
    case 'rollback':
      return `a person asks for a rollback${deed.isToFirst ? ' to v1' : ''}`;
    case 'resume':
    case 'retry':
      return `a person asks for a ${deed.kind} of the deployment that ended last`;
    case 'repair-hosts':
      return 'a person deploys the stable release to the hosts that the last end calls dirty';
    case 'repair-holder':
      return 'a person starts the repair of the deployment that has the lock';
    case 'halt':
      return `a person says halt${deed.isKept ? ' --keep' : ''}`;
    case 'pause':
    case 'approve':
      return `a person says ${deed.kind}`;
    case 'go-on':
      return 'a person says resume';
    case 'skip':
      return `a person says skip ${deed.host}`;
    case 'retry-host':
      return `a person says retry ${deed.host}`;
    case 'freeze':
    case 'unfreeze':
      return `a person says ${deed.kind}`;
    case 'stop':
      return `somebody stops the execution that ${deed.whom === 'holder' ? 'has the lock' : 'waits first'}`;
    case 'kill':
      return `the process of the functions dies after ${deed.calls} more calls`;
    case 'function-dies':
      return `${deed.name} fails ${timesOf(deed.times)}, ${deed.isAfter ? 'when it has done everything' : 'before it does anything'}`;
    case 'call-fails':
      return `the next ${deed.call} meets ${deed.fault}, ${timesOf(deed.times)}`;
    case 'command-goes-wrong':
      return `the next ${deed.document} on ${deed.host} meets ${deed.fault === 'late' ? `a start ${lateCommandSeconds} s late` : deed.fault}`;
    case 'host-fails':
      return `the next ${deed.action} on ${deed.host} fails ${timesOf(deed.times)}: ${deed.fault}`;
    case 'events-lost':
      return `events for ${deed.name} are lost from now on`;
    case 'events-back':
      return `events for ${deed.name} come again`;
    case 'power-off':
    case 'power-on':
      return `${deed.host} is switched ${deed.kind === 'power-on' ? 'on' : 'off'}`;
    case 'service-stops':
      return `the service on ${deed.host} stops by itself`;
  }
}

const heardWords = {
  'at-once': 'comes at once',
  twice: 'comes twice',
  late: `comes ${lateEventSeconds} s late`,
  never: 'never comes',
} as const;

const whatWords = { newest: 'the newest upload', stable: 'the stable release', first: 'v1' } as const;

function timesOf(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}
