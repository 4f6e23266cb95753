const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'eu-west-1',
  'AWS::Partition': 'aws',
  'AWS::StackName': 'rollgate-payment-dev',
};

/** What CloudFormation makes of a value in account 123456789012, the artifact bucket being the stack's own. */
export function evaluate(value: unknown, known: Readonly<Record<string, string>> = {}): unknown {
  if (Array.isArray(value)) return value.map((each) => evaluate(each, known));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, given] = ['', undefined]] = entries;
  if (name === 'Ref' && typeof given === 'string') return named(given, known);
  if (name === 'Fn::If' && Array.isArray(given) && given[0] === 'MakesArtifactBucket') return evaluate(given[1], known);
  if (name === 'Fn::Sub') {
    const [text, own] = Array.isArray(given) ? given : [given, {}];
    const all = { ...known, ...(evaluate(own, known) as Record<string, string>) };
    return String(text).replace(/\$\{([^}]+)\}/g, (_, each: string) => named(each, all));
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, evaluate(each, known)]));
}

function named(name: string, known: Readonly<Record<string, string>>): string {
  return known[name] ?? pseudoParameters[name] ?? `<${name}>`;
}
