import type { DiagnosisFacts } from '../../../core/diagnosis/diagnose.ts';
import { judgeIngress, type ReadIngress } from '../../../core/network/judge-ingress.ts';
import type { ConnectionEnds, RulePeer } from '../../../core/network/security-groups.ts';
import { endsOf, everythingOut, ingress, interfaceIn } from '../../fakes/security-groups.ts';
import { configuration } from '../../given/configuration.ts';
import { check, reportOf } from '../report-of.ts';

const address = '10.0.0.5';
const payment = { groupId: 'sg-0a', name: 'payment' };
const cart = { groupId: 'sg-0c', name: 'cart' };
const list: RulePeer = { kind: 'prefixList', prefixListId: 'pl-1' };
const closed = endsOf('10.0.0.1', address);
const open = endsOf('10.0.0.1', address, 8080);
const simulated = (ends: ConnectionEnds): ConnectionEnds => ({
  here: ends.here.map((each) => ({ ...each, isSimulated: true })),
  there: ends.there.map((each) => ({ ...each, isSimulated: true })),
});

/** No answer from cart, and this is what its security groups have to do with it. */
function silence(ingressOrEnds: ReadIngress | ConnectionEnds): DiagnosisFacts {
  const detail = '10.0.0.5:8080 (CART_HOST, from tag Service=cart): no answer within 3 s';
  const one = check('upstream:cart', 'upstream-unreachable', detail);
  return {
    configuration,
    report: reportOf('install', 'upstream-unreachable', `upstream:cart: ${detail}`, { checks: [one] }),
    ingress: 'kind' in ingressOrEnds ? ingressOrEnds : judgeIngress({ ends: ingressOrEnds, address, port: 8080 }),
  };
}

/** What is said of an upstream that keeps silent once its security groups were read, or could not be. */
export const silenceCases: Readonly<Record<string, DiagnosisFacts>> = {
  'silence: no rule lets the host in': silence(closed),
  'silence: no rule lets the host in, simulated': silence(simulated(closed)),
  'silence: no rule lets the host out': silence({ ...open, here: [interfaceIn(payment, '10.0.0.1', [])] }),
  'silence: a prefix list may let it in': silence({
    here: closed.here,
    there: [interfaceIn(cart, address, [ingress(list, 8080), everythingOut])],
  }),
  'silence: a prefix list may let it out': silence({
    ...open,
    here: [interfaceIn(payment, '10.0.0.1', [{ ...everythingOut, peer: list }])],
  }),
  'silence: every rule is there': silence(open),
  'silence: nothing filters the upstream': silence({
    here: closed.here,
    there: [{ ...interfaceIn(cart, address), groups: [] }],
  }),
  'silence: nobody has the address': silence({ here: closed.here, there: [] }),
  'silence: two networks have the address': silence({
    here: closed.here,
    there: ['vpc-2', 'vpc-3'].map((vpcId) => ({ ...interfaceIn(cart, address), vpcId })),
  }),
  'silence: EC2 does not know the host': silence({ here: [], there: closed.there }),
  'silence: the groups could not be read': silence({
    kind: 'unread',
    why: 'ec2:DescribeNetworkInterfaces on the network interfaces of i-0a was denied',
  }),
};
