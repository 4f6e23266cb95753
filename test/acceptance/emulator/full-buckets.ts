import type { EmulatorApi } from './emulator-api.ts';
import type { GatewayPart } from './gateway.ts';

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly DeletionPolicy?: string }>>;
}

/**
 * CloudFormation does not delete a bucket that has anything in it, old versions included: DeleteStack fails. The
 * emulator deletes it all the same, so the request is refused here.
 */
export function fullBucketsPart(emulator: EmulatorApi): GatewayPart {
  const ask = (action: string, stackName: string): Promise<string> =>
    emulator.query('cloudformation', { Action: action, Version: '2010-05-15', StackName: stackName });

  async function bucketsOf(stackName: string): Promise<readonly string[]> {
    const template = JSON.parse(unescapeXml(only(await ask('GetTemplate', stackName), 'TemplateBody'))) as Template;
    const members = (await ask('ListStackResources', stackName)).split('<member>').slice(1);
    return members
      .map((member) => ({ id: only(member, 'LogicalResourceId'), name: only(member, 'PhysicalResourceId') }))
      .filter(({ id }) => template.Resources[id]?.Type === 'AWS::S3::Bucket')
      .filter(({ id }) => template.Resources[id]?.DeletionPolicy !== 'Retain')
      .map(({ name }) => name);
  }

  async function isFull(bucket: string): Promise<boolean> {
    const listed = await emulator.rest('s3', 'GET', `/${bucket}?versions`);
    return listed.includes('<Version>') || listed.includes('<DeleteMarker>');
  }

  return {
    wants: ({ method, headers }) =>
      method === 'POST' && String(headers.authorization ?? '').includes('/cloudformation/aws4_request'),
    async handle({ body }) {
      const form = new URLSearchParams(body.toString('utf8'));
      const stackName = form.get('StackName');
      if (form.get('Action') !== 'DeleteStack' || stackName === null) return undefined;
      for (const bucket of await bucketsOf(stackName)) {
        if (await isFull(bucket)) return refused(`The bucket you tried to delete is not empty: ${bucket}`);
      }
      return undefined;
    },
  };
}

function refused(message: string) {
  const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`;
  return {
    status: 400,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">${error}</ErrorResponse>`,
  };
}

function only(text: string, element: string): string {
  const found = new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1];
  if (found === undefined) throw new Error(`the emulator's answer has no ${element}: ${text.slice(0, 500)}`);
  return found;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
