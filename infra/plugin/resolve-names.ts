/** Where the stack is, as CloudFormation's pseudo parameters tell. */
export interface StackPlace {
  readonly accountId: string;
  readonly region: string;
  readonly stackName: string;
}

/**
 * A part of a template with each `Fn::Sub` over pseudo parameters replaced by its text. Throws on any other intrinsic
 * function and on any other name, which only CloudFormation could resolve.
 */
export function resolveNames(value: unknown, place: StackPlace): unknown {
  if (Array.isArray(value)) {
    return value.map((each) => resolveNames(each, place));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value);
  const [[name, given] = []] = entries;
  if (name === 'Fn::Sub' && typeof given === 'string') {
    return given.replace(/\$\{([^}]+)\}/g, (_, parameter: string) => pseudoParameter(parameter, place));
  }
  if (name === 'Ref' || name?.startsWith('Fn::') === true) {
    throw new Error(`${name} cannot be resolved outside of CloudFormation; use !Sub with pseudo parameters`);
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, resolveNames(each, place)]));
}

function pseudoParameter(name: string, { accountId, region, stackName }: StackPlace): string {
  switch (name) {
    case 'AWS::AccountId':
      return accountId;
    case 'AWS::Region':
      return region;
    case 'AWS::StackName':
      return stackName;
    case 'AWS::Partition':
      return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
    default:
      throw new Error(`\${${name}} cannot be resolved outside of CloudFormation; use pseudo parameters`);
  }
}
