import { expect, test } from 'vitest';
import { resolveConfiguration } from '../../../ledger/config/resolve-configuration.ts';
import { localStage } from '../../given/stages.ts';
import { configOf, hostOf, inventoryOf, problemsOf } from '../given-inventory.ts';

const config = configOf('stage-in-tags-and-secrets');
const cartOn = (stageName: string, privateAddress: string) =>
  hostOf(`cart-${stageName}`, { tags: { Service: 'cart', Stage: stageName }, privateAddress });

test('addresses are those that the instances of this stage have now', async () => {
  const inventory = inventoryOf(cartOn('prod', '10.0.0.5'), cartOn('local', '10.0.0.6'));

  const configuration = await resolveConfiguration({ stage: localStage, inventory }, config);

  expect(configuration).toMatchObject({
    environment: { CART_HOST: '10.0.0.6' },
    secrets: [{ name: 'AMQP_PASS', parameter: '/payment/local/AMQP_PASS', version: 3 }],
  });
});

test('an address that no instance of this stage has is refused, with the variable that needs it', async () => {
  const inventory = inventoryOf(cartOn('prod', '10.0.0.5'));

  expect(await problemsOf(resolveConfiguration({ stage: localStage, inventory }, config))).toEqual([
    'environment.CART_HOST: no instance carries the tags Service=cart, Stage=local; tag it, or write its address here',
  ]);
});

test('addresses that are written out are taken as they are, and nothing is looked up', async () => {
  const inventory = {
    ...inventoryOf(),
    hosts: async () => {
      throw new Error('nobody may ask');
    },
  };

  const configuration = await resolveConfiguration({ stage: localStage, inventory }, configOf('addresses-by-name'));

  expect(configuration.environment).toEqual({
    CART_HOST: 'internal-cart-1.eu-west-1.elb.amazonaws.com',
    CART_PORT: '8080',
    EMPTY: '',
  });
});
