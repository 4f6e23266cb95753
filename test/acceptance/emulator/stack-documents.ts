import { createHash } from 'node:crypto';
import type { RunCommand } from '../../../local/run-command/run-command.ts';
import type { EmulatorApi } from './emulator-api.ts';
import type { GatewayPart, GatewayRequest } from './gateway.ts';
import { withoutUnknownConditions } from './policy-conditions.ts';

/** Where templates without documents lie for the emulator to read; whoever starts the emulator makes it. */
export const templateBucket = 'emulator-templates';

interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
}

/** Name to content (JSON text), as a template gives them. */
type Documents = ReadonlyMap<string, string>;

const takesTemplate: ReadonlySet<string> = new Set([
  'CreateChangeSet',
  'CreateStack',
  'UpdateStack',
  'ValidateTemplate',
]);
const actions: ReadonlySet<string> = new Set([...takesTemplate, 'ExecuteChangeSet', 'DeleteStack']);

/**
 * The emulator's CloudFormation refuses a template with `AWS::SSM::Document`: those resources are taken out of every
 * template on its way, and made, given a new version (`UpdateMethod: NewVersion`) and removed here, in the Run Command
 * that is served in place of the emulator's.
 */
export function stackDocumentsPart(emulator: EmulatorApi, runCommand: RunCommand): GatewayPart {
  /** By change set and stack: what executing it makes true. */
  const planned = new Map<string, Documents>();
  const made = new Map<string, Documents>();

  function apply(stackName: string, documents: Documents): void {
    for (const name of made.get(stackName)?.keys() ?? []) if (!documents.has(name)) runCommand.removeDocument(name);
    for (const [name, content] of documents) runCommand.putDocument(name, content);
    made.set(stackName, documents);
  }

  return {
    wants: ({ method, headers }) =>
      method === 'POST' && String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'),
    async handle(request) {
      const form = new URLSearchParams(request.body.toString('utf8'));
      const action = form.get('Action') ?? '';
      if (!isCloudFormation(request) || !actions.has(action)) return undefined;
      const stackName = stackNameOf(form.get('StackName') ?? '');
      const changeSet = `${stackName} ${(form.get('ChangeSetName') ?? '').replace(/^arn:[^/]*:changeSet\/([^/]+).*$/, '$1')}`;
      if (action === 'ExecuteChangeSet') {
        apply(stackName, planned.get(changeSet) ?? new Map());
        return undefined;
      }
      if (action === 'DeleteStack') {
        apply(stackName, new Map());
        return undefined;
      }
      const text = await templateOf(form, emulator);
      if (text === undefined) return undefined;
      const { template, documents } = withoutDocuments(JSON.parse(text) as Template, stackName);
      if (action === 'CreateChangeSet') planned.set(changeSet, documents);
      else if (action !== 'ValidateTemplate') apply(stackName, documents);
      if (documents.size === 0) return undefined;
      form.delete('TemplateBody');
      form.set('TemplateURL', await putTemplate(JSON.stringify(withoutUnknownConditions(template)), emulator));
      return { passOn: Buffer.from(form.toString()) };
    },
  };
}

function isCloudFormation({ headers }: GatewayRequest): boolean {
  return String(headers['authorization'] ?? '').includes('/cloudformation/aws4_request');
}

/** A stack may be named by its id. */
function stackNameOf(nameOrId: string): string {
  return nameOrId.replace(/^arn:[^/]*:stack\/([^/]+).*$/, '$1');
}

async function templateOf(form: URLSearchParams, emulator: EmulatorApi): Promise<string | undefined> {
  const url = form.get('TemplateURL');
  return url === null ? (form.get('TemplateBody') ?? undefined) : emulator.rest('s3', 'GET', new URL(url).pathname);
}

async function putTemplate(text: string, emulator: EmulatorApi): Promise<string> {
  const path = `/${templateBucket}/${createHash('sha256').update(text).digest('hex')}.json`;
  await emulator.rest('s3', 'PUT', path, { body: text, headers: { 'content-type': 'application/json' } });
  return `https://s3.amazonaws.com${path}`;
}

/** The template without its documents, whose names take the place of every reference to them. */
function withoutDocuments(
  template: Template,
  stackName: string,
): { readonly template: Template; readonly documents: Documents } {
  const entries = Object.entries(template.Resources);
  const names = new Map<string, string>();
  const documents = new Map<string, string>();
  for (const [logicalId, { Type, Properties }] of entries) {
    if (Type !== 'AWS::SSM::Document') continue;
    const name = textOf(Properties?.['Name'], stackName, `${logicalId}.Name`);
    const content = Properties?.['Content'];
    if (Properties?.['UpdateMethod'] !== 'NewVersion') throw new Error(`${logicalId}: UpdateMethod is not NewVersion`);
    names.set(logicalId, name);
    documents.set(name, typeof content === 'string' ? content : JSON.stringify(content));
  }
  const kept = entries
    .filter(([logicalId]) => !names.has(logicalId))
    .map(([id, each]) => [id, independent(each, names)]);
  return {
    template: withNames({ ...template, Resources: Object.fromEntries(kept) }, names) as Template,
    documents,
  };
}

/** Text as it is, or a substitution of nothing but the stack's name. */
function textOf(value: unknown, stackName: string, what: string): string {
  const text = typeof value === 'object' && value !== null && 'Fn::Sub' in value ? value['Fn::Sub'] : value;
  const resolved = typeof text === 'string' ? text.replaceAll(/\$\{AWS::StackName\}/g, stackName) : undefined;
  if (resolved === undefined || resolved.includes('${')) {
    throw new Error(`${what}: ${JSON.stringify(value)} is more than the stack's name and plain text`);
  }
  return resolved;
}

/** No resource can wait for one that is not there. */
function independent(resource: Resource, names: ReadonlyMap<string, string>): Resource {
  const { DependsOn, ...rest } = resource;
  if (DependsOn === undefined) return resource;
  const left = [DependsOn].flat().filter((logicalId) => !names.has(logicalId));
  return left.length === 0 ? rest : { ...rest, DependsOn: left };
}

function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    return [...names].reduce((text, [logicalId, name]) => text.replaceAll(`\${${logicalId}}`, name), value);
  }
  if (Array.isArray(value)) return value.map((each) => withNames(each, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === 'Ref' && names.has(String(only[1]))) return names.get(String(only[1]));
  return Object.fromEntries(entries.map(([key, each]) => [key, withNames(each, names)]));
}
