import type { PackagedFunction, Template } from './serverless.ts';

/**
 * Puts the ARN of each function's published version into the state machine: `${AdmitDeployment}` in the definition
 * becomes that of this deployment. Throws where the definition names a function that the stack does not have.
 */
export function pinFunctionVersions(template: Template, functions: Readonly<Record<string, PackagedFunction>>): void {
  for (const [logicalId, { Type: type, Properties: properties }] of Object.entries(template.Resources)) {
    if (type !== 'AWS::StepFunctions::StateMachine' || properties === undefined) {
      continue;
    }
    const definition = String(properties['DefinitionString']);
    const names = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''));
    properties['DefinitionSubstitutions'] = Object.fromEntries(
      [...names].sort().map((name) => [name, { Ref: versionOf(name, functions, logicalId) }]),
    );
  }
}

function versionOf(name: string, functions: Readonly<Record<string, PackagedFunction>>, machine: string): string {
  const version = functions[name]?.versionLogicalId;
  if (version === undefined) {
    throw new Error(
      `${machine}: its definition calls \${${name}}, but serverless.yml has no function ${name} with a published version`,
    );
  }
  return version;
}
