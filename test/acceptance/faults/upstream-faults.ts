import { writeControl } from '../../../ledger/operator/requests.ts';
import { readDecisions } from '../../../ledger/rollout/deployments.ts';
import { readSteps } from '../../../ledger/rollout/host-steps.ts';
import { passwordParameter } from '../../../local/engine/stage.ts';
import { clearFirewall, dropTraffic } from '../../hosts/firewall.ts';
import { on, until } from '../local-stage.ts';
import { deploymentOf, look, type PreparedStage } from '../prepared-stage.ts';
import { notStaged } from './expectations.ts';
import type { Fault } from './fault.ts';

const toFirst = { isSimulated: false, deploy: { kind: 'good-release' } } as const;
const newBuild = { kind: 'upload', variant: 'v2', to: 'first' } as const;

/** The address of cart: the first of its machine. */
function cart({ upstreams }: PreparedStage): string {
  return upstreams.addresses[0] ?? '';
}

/** The broker's password in SSM while a fault replaces it. */
let password = '';

/** Faults of what the service calls: found by the install's own look, while the old release runs untouched. */
export const upstreamFaults: readonly Fault[] = [
  {
    name: 'wrong-cart-host',
    injected: 'CART_HOST is an address at which there is nothing',
    isSimulated: false,
    configure: (yaml, { prefix }) => yaml.replace(/^( {2}CART_HOST:) .*$/m, `$1 ${prefix}99`),
    deploy: newBuild,
    inject: () => undefined,
    mend: () => undefined,
    expected: notStaged({
      cause: 'upstream-unreachable',
      meaning:
        /^cart (does not answer|can not be reached) at [\d.]+\.99:8080 \(CART_HOST, written in the configuration\): /,
      remedy: /CART_HOST in services\/payment\.yml/,
    }),
  },
  {
    name: 'unknown-cart-name',
    injected: 'CART_HOST is a name that DNS does not know',
    isSimulated: false,
    configure: (yaml) => yaml.replace(/^( {2}CART_HOST:) .*$/m, '$1 cart.invalid'),
    deploy: newBuild,
    inject: () => undefined,
    mend: () => undefined,
    expected: notStaged({
      cause: 'upstream-name-unresolved',
      meaning:
        /^the name of cart is not known to this host: cart\.invalid:8080 \(CART_HOST, written in the configuration\); v\d+ calls it at [\d.]+:8080$/,
      remedy: /^correct CART_HOST in services\/payment\.yml, or the host's DNS/,
    }),
  },
  {
    ...toFirst,
    name: 'ingress-rule-missing',
    injected:
      "cart's security group lost the rule that lets the hosts in: its record is simulated, the packets are dropped",
    inject: ({ stage }) => stage.engine.securityGroups.revokeIngress('cart'),
    mend: ({ stage }) => stage.engine.securityGroups.authorizeIngress('cart'),
    expected: notStaged({
      cause: 'upstream-unreachable',
      meaning:
        /^cart does not answer at [\d.]+:8080 \(CART_HOST, from tag Service=cart\): its simulated security group sg-\w+ \([^)]+\) lets nothing in from /,
      remedy: /^add the missing ingress rule/,
    }),
  },
  {
    ...toFirst,
    name: 'cart-firewalled',
    injected: "the host's packets to cart are dropped, though every security group lets them pass",
    inject: (rig) => dropTraffic(rig.first, { address: cart(rig), port: 8080 }),
    mend: (rig) => clearFirewall(rig.first),
    expected: notStaged({
      cause: 'upstream-unreachable',
      meaning:
        /^cart does not answer at [\d.]+:8080 \(CART_HOST, from tag Service=cart\): no answer within 3 s, though its security group sg-\w+ \([^)]+\) lets this host in/,
      remedy: /^it is not the security groups: see that cart runs and listens/,
    }),
  },
  {
    ...toFirst,
    name: 'cart-stopped',
    injected: 'the cart service is stopped',
    inject: async (rig) => void (await on(rig.upstreams, 'systemctl', 'stop', 'cart')),
    mend: async (rig) => {
      await on(rig.upstreams, 'systemctl', 'start', 'cart');
      const ask = ['curl', '--silent', '--fail', '--max-time', '2', `http://${cart(rig)}:8080/health`];
      await until(async () => (await rig.upstreams.exec(ask)).code === 0, 'cart to answer');
    },
    expected: notStaged({
      cause: 'upstream-refused',
      meaning:
        /^cart refuses connections: nothing listens at [\d.]+:8080 \(CART_HOST, from tag Service=cart\); v\d+ calls the same$/,
      remedy: /^start cart there, or correct CART_HOST/,
    }),
  },
  {
    ...toFirst,
    name: 'broker-user-absent',
    injected: 'RabbitMQ does not know the user',
    inject: (rig) => rig.broker.removeUser(),
    mend: (rig) => rig.broker.setPassword(rig.stage.password()),
    expected: notStaged({
      cause: 'amqp-auth-failed',
      meaning:
        /^rabbitmq refused user roboshop: the user is missing or the password is wrong \(the broker does not tell which\)/,
      remedy: /^on rabbitmq: rabbitmqctl list_users, then add_user or change_password roboshop/,
    }),
  },
  {
    ...toFirst,
    name: 'broker-wrong-password',
    injected: 'the parameter holds another password than RabbitMQ',
    inject: ({ stage }) => {
      password = stage.password();
      stage.engine.parameters.put(passwordParameter, 'not the password');
    },
    mend: ({ stage }) => void stage.engine.parameters.put(passwordParameter, password),
    expected: notStaged({
      cause: 'amqp-auth-failed',
      meaning:
        /^rabbitmq refused user roboshop: the user is missing or the password is wrong \(the broker does not tell which\)/,
      remedy: /it must be the password in SSM parameter \/payment\/local\/AMQP_PASS$/,
    }),
    isAlike: {
      to: 'broker-user-absent',
      why: 'RabbitMQ answers both alike, so the text says both and how to tell which',
    },
  },
  {
    ...toFirst,
    name: 'broker-no-permission',
    injected: 'the user has no permission on the virtual host',
    inject: (rig) => rig.broker.clearPermissions(),
    mend: (rig) => rig.broker.setPermissions(),
    expected: notStaged({
      cause: 'amqp-auth-failed',
      meaning:
        /^rabbitmq gives user roboshop no permission on virtual host \/ \(user and password are right\); v\d+ calls the same$/,
      remedy: /^on rabbitmq: rabbitmqctl set_permissions -p \/ roboshop/,
    }),
  },
  {
    name: 'broker-down-in-the-middle',
    injected:
      'RabbitMQ stops for everybody after the first host has passed, and is started again while the rollout waits',
    isSimulated: false,
    deploy: { kind: 'upload', variant: 'v2', version: '2.2', to: 'all' },
    inject: ({ stage, hosts, broker }) => {
      // The second host takes its command when the broker is down: else the race would decide which host finds it so.
      const released = Promise.withResolvers<void>();
      stage.engine.faults.givenSend({ kind: 'start-after', released: released.promise }, (request) => {
        const isMeant = request.instanceId === hosts[1]?.instanceId && request.documentName.endsWith('-activate');
        if (isMeant) broker.stopBroker().then(released.resolve, released.reject);
        return isMeant;
      });
    },
    meanwhile: async (rig, { executionArn }) => {
      const { ports } = rig.stage.engine;
      const deploymentId = await deploymentOf(rig, executionArn);
      const isParked = async (): Promise<boolean> => {
        const last = (await readDecisions(ports, deploymentId)).at(-1)?.decision;
        return last?.kind === 'park' && last.why === 'shared-fault';
      };
      await until(isParked, 'the rollout to wait');
      const { healthy } = await look(rig);
      if (!healthy.every((each) => each)) throw new Error(`while it waits not every host serves: ${healthy}`);
      await rig.broker.startBroker();
      const at = new Date().toISOString();
      await writeControl(ports, 'resume', deploymentId, { by: 'test', at, reason: 'RabbitMQ is back' });
    },
    mend: (rig) => rig.broker.startBroker(),
    also: async ({ stage }, { deploymentId }) => {
      const steps = await readSteps(stage.engine.ports, deploymentId);
      return steps.some(({ intent }) => intent.action === 'revert') ? ['a good release was reverted'] : [];
    },
    expected: {
      end: 'Succeeded',
      firstLine: ({ release }) => `${release} runs on 3 hosts and every one passed its gate`,
      diagnosis: {
        cause: 'upstream-refused',
        meaning:
          /^rabbitmq refuses connections: nothing listens at [\d.]+:5672 \(AMQP_HOST, from tag Service=rabbitmq\); v\d+ calls the same$/,
        remedy: /^start rabbitmq there/,
        hosts: [1],
      },
      touched: [0, 1, 2],
      movesStable: true,
    },
  },
];
