import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ServiceConfig } from '../../../core/model/service-config.ts';
import { keys } from '../../../ledger/keys.ts';
import type { Principal } from './check-policies.ts';
import { elsewhere } from './elsewhere.ts';
import { type Request, type Statement, statementsOf } from './iam.ts';
import { arnOf, settings } from './stage.ts';

const folder = 'infra/documents/scripts';
const hash = 'a'.repeat(64);

/** What each script downloads, by the variable that holds the key, and the keys that the ledger gives to it. */
const downloads: Readonly<Record<string, string>> = {
  'argument[manifestKey]': keys.manifest(settings.service, 7),
  'argument[packagesKey]': keys.packages(settings.service, hash),
  'setting[zipKey]': keys.zip(settings.service, 7),
};

/** What aws.py asks of AWS, with the AWS CLI or signed by itself: no other script talks to AWS. */
const calls: readonly (readonly [RegExp, string])[] = [
  [/"s3api", "([a-z-]+)"/g, 'get-object'],
  [/sign\(role, region, "s3", "([A-Z]+)"/g, 'GET'],
  [/"ssm", "([a-z-]+)"/g, 'get-parameters'],
  [/AmazonSSM\.(\w+)/g, 'GetParameters'],
];

/** Calls of the scripts that this check does not know; each has to be told to the policies of the hosts as well. */
export function unknownCallsOfScripts(): readonly string[] {
  const texts = new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]));
  const aws = texts.get('aws.py') ?? '';
  const fetched = [...texts].flatMap(([name, text]) =>
    [...text.matchAll(/^\s+fetch "\$\{([^}:]+?)(?::\?)?\}"/gm)].map((match) => ({ name, key: match[1] ?? '' })),
  );
  return [
    ...calls.flatMap(([pattern, known]) => {
      const found = [...aws.matchAll(pattern)].map((match) => match[1]);
      const others = found.filter((call) => call !== known).map((call) => `aws.py calls ${call}`);
      return found.length === 0 ? [`aws.py does not call ${known}`] : others;
    }),
    ...fetched.filter(({ key }) => !(key in downloads)).map(({ name, key }) => `${name} downloads ${key}`),
    ...Object.keys(downloads)
      .filter((key) => !fetched.some((each) => each.key === key))
      .map((key) => `no script downloads ${key}`),
    ...[...texts]
      .filter(([name, text]) => name !== 'aws.py' && /amazonaws|boto|(?:^|[;&|(]\s*)aws [a-z0-9]+ /m.test(text))
      .map(([name]) => `${name} talks to AWS by itself`),
  ];
}

/** A host with the stack's role, and one with a role that was there before and carries AWS's policy for the agent. */
export function hostsAsPrincipals(): readonly Principal[] {
  const requests = doneByScripts();
  const refused = [...elsewhere(requests), ...foreignParameters()];
  return [
    {
      name: 'a host',
      policies: ['HostRole', 'HostPolicy', 'HostOtherParametersPolicy'],
      requests: [...requests, ...doneByAgent()],
      refused,
    },
    {
      name: 'a host with AmazonSSMManagedInstanceCore',
      policies: ['HostPolicy', 'HostOtherParametersPolicy'],
      others: managedInstanceCore(),
      requests,
      refused,
    },
    // Without the Deny, which would forbid it the parameters of the other service.
    { name: 'a host of two services', policies: ['HostPolicy'], requests, refused },
  ];
}

function doneByScripts(): readonly Request[] {
  const config = parse(readFileSync(`services/${settings.service}.yml`, 'utf8')) as Pick<ServiceConfig, 'secrets'>;
  const secrets = Object.values(config.secrets).map(({ parameter }) => parameter.replaceAll('{stage}', settings.stage));
  return [
    // Without a version id, so s3:GetObject (API reference of GetObject).
    ...Object.values(downloads).map((key) => ({
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${settings.stateBucket}/${key}`,
    })),
    ...secrets.flatMap((name) => {
      const parameter = arnOf('ssm', `parameter${name}`);
      return [
        { action: 'ssm:GetParameters', resource: parameter },
        // Parameter Store decrypts on behalf of the caller, with the parameter's ARN as context (Systems Manager user
        // guide, "AWS KMS encryption for Parameter Store SecureString parameters").
        {
          action: 'kms:Decrypt',
          resource: arnOf('kms', 'key/ParameterKey'),
          context: {
            'kms:ViaService': `ssm.${settings.region}.amazonaws.com`,
            'kms:EncryptionContext:PARAMETER_ARN': parameter,
          },
        },
      ];
    }),
  ];
}

/** What the stock agent calls to be there and to run commands (Systems Manager user guide, "Reference: ec2messages, …"). */
function doneByAgent(): readonly Request[] {
  const messages = ['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'GetEndpoint', 'GetMessages', 'SendReply'];
  return [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:OpenControlChannel',
    ...messages.map((name) => `ec2messages:${name}`),
  ].map((action) => ({ action, resource: '*' }));
}

/** However a parameter can be read. */
function foreignParameters(): readonly Request[] {
  const actions = ['GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory'];
  const names = ['/cart/prod/AMQP_PASS', '/payment/dev/AMQP_PASS', '/payment/production/AMQP_PASS', '/database'];
  return actions.flatMap((action) =>
    names.map((name) => ({ action: `ssm:${action}`, resource: arnOf('ssm', `parameter${name}`) })),
  );
}

/**
 * What a role may have been given besides: AmazonSSMManagedInstanceCore reads every parameter by name, other policies also
 * by path and with their history.
 */
function managedInstanceCore(): readonly Statement[] {
  return statementsOf('AmazonSSMManagedInstanceCore and more', {
    Statement: [{ Sid: 'ReadParameters', Effect: 'Allow', Action: 'ssm:GetParameter*', Resource: '*' }],
  });
}
