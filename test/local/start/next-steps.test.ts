import { expect, test } from 'vitest';
import { nextSteps } from '../../../local/start/next-steps.ts';

const hosts = [
  { name: 'payment-1', privateAddress: '10.213.77.11', isSimulated: false },
  { name: 'payment-2', privateAddress: '10.213.77.12', isSimulated: false },
];

function curls(facts: Omit<Parameters<typeof nextSteps>[0], 'samplesFolder'>): readonly string[] {
  return nextSteps({ samplesFolder: '.rollgate/samples', ...facts }).filter((line) => line.includes('curl'));
}

test('npm start says where each booted host answers, and where the simulated load balancer does', () => {
  expect(curls({ hosts, balancerUrl: 'http://127.0.0.1:43210' })).toEqual([
    '  curl http://10.213.77.11:8080/health   # payment-1',
    '  curl http://10.213.77.12:8080/health   # payment-2',
    '  curl http://127.0.0.1:43210/health     # through the simulated load balancer: in turn to each healthy host',
  ]);
});

test('npm start offers no address of simulated hosts: nothing answers there', () => {
  expect(curls({ hosts: hosts.map((host) => ({ ...host, isSimulated: true })) })).toEqual([]);
});
