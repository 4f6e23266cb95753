/** One statement of a policy, every list as a list. */
export interface Statement {
  /** `RunHostStepRole: SendOurDocuments`, for messages. */
  readonly name: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Matches every resource but `resources`. */
  readonly isNotResource: boolean;
  /** Operator, key, values. */
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** One thing that AWS is asked to allow. */
export interface Request {
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** What AWS knows of the request, by condition key. */
  readonly context?: Readonly<Record<string, string>>;
}

/** As IAM decides: an explicit Deny wins, and what nothing allows is refused. */
export function isAllowed(statements: readonly Statement[], request: Request): boolean {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.length > 0 && applying.every((statement) => statement.effect === 'Allow');
}

/** Whether a statement says anything about a request. */
export function applies(statement: Statement, request: Request): boolean {
  return (
    statement.actions.some((action) => matches(action.toLowerCase(), request.action.toLowerCase())) &&
    statement.resources.some((resource) => matches(resource, request.resource)) !== statement.isNotResource &&
    statement.conditions.every((condition) => holds(condition, request.context ?? {}))
  );
}

const patterns = new Map<string, RegExp>();

/** `*` stands for any text, `?` for one character. */
function matches(pattern: string, text: string): boolean {
  let known = patterns.get(pattern);
  if (known === undefined) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    known = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
    patterns.set(pattern, known);
  }
  return known.test(text);
}

function holds({ operator, key, values }: Condition, context: Readonly<Record<string, string>>): boolean {
  const value = context[key];
  switch (operator) {
    case 'Null':
      return values.some((each) => (value === undefined) === (each === 'true'));
    case 'StringEquals':
      return value !== undefined && values.includes(value);
    case 'StringLike':
    case 'ArnLike':
      return value !== undefined && values.some((pattern) => matches(pattern, value));
    default:
      throw new Error(`the policies use the condition ${operator}, which this check does not know`);
  }
}

/** The statements of a policy document, in the spelling of CloudFormation. */
export function statementsOf(owner: string, document: unknown): readonly Statement[] {
  const { Statement: statements } = document as { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
  return statements.map((statement) => {
    const conditions = (statement['Condition'] ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    return {
      name: `${owner}: ${String(statement['Sid'])}`,
      effect: statement['Effect'] === 'Deny' ? 'Deny' : 'Allow',
      actions: listOf(statement['Action']),
      resources: listOf(statement['Resource'] ?? statement['NotResource']),
      isNotResource: statement['NotResource'] !== undefined,
      conditions: Object.entries(conditions).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => ({ operator, key, values: listOf(values) })),
      ),
    };
  });
}

function listOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
