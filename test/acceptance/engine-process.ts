import { isHealthy } from './availability-probe.ts';
import { type LocalStage, startStage, until } from './local-stage.ts';

/**
 * An engine in a process of its own, to be killed: brings a stage up over what is there, uploads a variant and says
 * `activating` as soon as a host has let go of its old release.
 */
const [name, variant, instanceId] = process.argv.slice(2);
if (name === undefined || variant === undefined || instanceId === undefined) {
  throw new Error('usage: engine-process.ts NAME VARIANT INSTANCE-ID');
}
const stage: LocalStage = await startStage(name, { fresh: false });
await stage.upload(variant);
await until(async () => {
  const keys = await stage.engine.ports.ledger.list('rollgate/payment/deployments/');
  const last = keys.at(-1)?.split('/')[3] ?? '';
  return keys.some((key) => key.includes(`${last}/hosts/${instanceId}/activate-1.sent.json`));
}, 'the activation to be sent');
const address = stage.hosts.find((host) => host.instanceId === instanceId)?.addresses[0] ?? '';
await until(async () => !(await isHealthy(address)), 'the old service to stop');
process.stdout.write('activating\n');
