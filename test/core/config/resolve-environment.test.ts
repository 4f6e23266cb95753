import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseServiceConfig } from '../../../core/config/parse-service-config.ts';
import {
  environmentLookups,
  type FoundByLookup,
  resolveEnvironment,
} from '../../../core/config/resolve-environment.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';
import { found, serviceConfig } from '../../given/configuration.ts';

function problemsOf(answers: FoundByLookup): readonly string[] {
  try {
    resolveEnvironment(serviceConfig, answers, 'prod');
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('environmentLookups', () => {
  test('asks for each set of tags once', () => {
    const twice = { ...serviceConfig, environment: { ...serviceConfig.environment, CART_BACKUP: cart() } };

    expect(environmentLookups(twice, 'prod')).toEqual([
      { key: 'Service=cart', tags: { Service: 'cart' } },
      { key: 'Service=user', tags: { Service: 'user' } },
      { key: 'Service=rabbitmq', tags: { Service: 'rabbitmq' } },
    ]);
  });

  test('puts the stage into the tags', () => {
    const text = readFileSync('test/fixtures/accepted/service-config/stage-in-tags-and-secrets.yml', 'utf8');

    expect(environmentLookups(parseServiceConfig(text), 'prod')).toEqual([
      { key: 'Service=cart, Stage=prod', tags: { Service: 'cart', Stage: 'prod' } },
    ]);
  });
});

function cart() {
  return { kind: 'tag', tags: { Service: 'cart' } } as const;
}

describe('resolveEnvironment', () => {
  test('puts every address in place and says where it came from', () => {
    const configuration = resolveEnvironment(serviceConfig, found, 'prod');

    expect(configuration.environment).toEqual({
      CART_HOST: '10.0.0.5',
      CART_PORT: '8080',
      USER_HOST: '10.0.0.6',
      USER_PORT: '8080',
      AMQP_HOST: '10.0.0.7',
      AMQP_USER: 'roboshop',
    });
    expect(configuration.secrets).toEqual([{ name: 'AMQP_PASS', parameter: '/payment/prod/AMQP_PASS' }]);
    expect(configuration.upstreams).toEqual([
      { name: 'cart', kind: 'tcp', host: '10.0.0.5', port: 8080, variable: 'CART_HOST', source: 'tag Service=cart' },
      { name: 'user', kind: 'tcp', host: '10.0.0.6', port: 8080, variable: 'USER_HOST', source: 'tag Service=user' },
      {
        name: 'rabbitmq',
        kind: 'amqp',
        host: '10.0.0.7',
        port: 5672,
        variable: 'AMQP_HOST',
        source: 'tag Service=rabbitmq',
        amqp: { userVariable: 'AMQP_USER', passwordVariable: 'AMQP_PASS', vhost: '/' },
      },
    ]);
  });

  test('takes the rest of the configuration as it is, and nothing of target and rollout', () => {
    const { environment, secrets, upstreams, ...rest } = resolveEnvironment(serviceConfig, found, 'prod');
    const { service, description, runtime, run, unit, retention } = serviceConfig;
    const { reportOnly, ...health } = serviceConfig.health;

    expect(reportOnly).toEqual([]);
    expect(rest).toEqual({ service, description, runtime, run, unit, health, retention });
  });

  test('takes the checks that only report to the host', () => {
    const config = { ...serviceConfig, health: { ...serviceConfig.health, reportOnly: ['http'] } };

    expect(resolveEnvironment(config, found, 'prod').health.reportOnly).toEqual(['http']);
  });

  test('keeps a pinned version of a secret and a literal address', () => {
    const config = {
      ...serviceConfig,
      environment: { ...serviceConfig.environment, CART_HOST: { kind: 'literal', value: 'cart.internal' } as const },
      secrets: { AMQP_PASS: { parameter: '/p', version: 7 } },
    };

    const configuration = resolveEnvironment(config, found, 'prod');

    expect(configuration.secrets).toEqual([{ name: 'AMQP_PASS', parameter: '/p', version: 7 }]);
    expect(configuration.upstreams[0]).toEqual({
      name: 'cart',
      kind: 'tcp',
      host: 'cart.internal',
      port: 8080,
      variable: 'CART_HOST',
      source: 'literal',
    });
  });

  test('leaves out instances that do not run', () => {
    const stopped = { instanceId: 'i-0000000f', privateAddress: '10.0.0.9', state: 'stopped' };

    expect(problemsOf({ ...found, 'Service=cart': [stopped, ...found['Service=cart']] })).toEqual([]);
  });

  test('names each variable whose tags are not of exactly one running instance', () => {
    const at = (number: number, state: string) => ({
      instanceId: `i-0000000${number}`,
      privateAddress: state === 'new' ? '' : `10.0.0.${number}`,
      state: state === 'new' ? 'running' : state,
    });

    expect(problemsOf({})).toEqual([
      'environment.CART_HOST: no instance carries the tags Service=cart; tag it, or write its address here',
      'environment.USER_HOST: no instance carries the tags Service=user; tag it, or write its address here',
      'environment.AMQP_HOST: no instance carries the tags Service=rabbitmq; tag it, or write its address here',
    ]);
    expect(
      problemsOf({
        'Service=cart': [at(1, 'running'), at(2, 'running')],
        'Service=user': [at(3, 'stopped'), at(4, 'pending')],
        'Service=rabbitmq': [at(5, 'new')],
      }),
    ).toEqual([
      'environment.CART_HOST: 2 running instances carry the tags Service=cart: i-00000001 (10.0.0.1), i-00000002 (10.0.0.2); add a tag that only one of them has, or write the address of their load balancer',
      'environment.USER_HOST: no running instance carries the tags Service=user: i-00000003 is stopped, i-00000004 is pending',
      'environment.AMQP_HOST: instance i-00000005 with the tags Service=rabbitmq has no private address yet',
    ]);
  });
});
