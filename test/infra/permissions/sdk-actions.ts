import type { Request } from './iam.ts';
import { arnOf, settings } from './stage.ts';

/** A command of the SDK as it was sent. */
export interface SentCommand {
  /** `GetObjectCommand` */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** S3 answered that there is no such object or version. */
  readonly isAbsent: boolean;
}

type Translate = (input: Readonly<Record<string, unknown>>, isAbsent: boolean) => readonly Request[];

const text = (value: unknown): string => String(value ?? '');
const bucketArn = (bucket: unknown): string => `arn:aws:s3:::${text(bucket)}`;
const objectArn = (bucket: unknown, key: unknown): string => `${bucketArn(bucket)}/${text(key)}`;
const anywhere =
  (action: string): Translate =>
  () => [{ action, resource: '*' }];

const ofBucket =
  (action: string): Translate =>
  ({ Bucket }) => [{ action, resource: bucketArn(Bucket) }];

/** A key that is not there: without s3:ListBucket S3 says 403 of it, not 404 (API reference of GetObject, "Permissions"). */
const absence = (bucket: unknown, isAbsent: boolean): readonly Request[] =>
  isAbsent ? [{ action: 's3:ListBucket', resource: bucketArn(bucket) }] : [];

/** With a version id S3 asks for s3:GetObjectVersion instead of s3:GetObject (API reference of GetObject and HeadObject). */
const readObject: Translate = ({ Bucket, Key, VersionId }, isAbsent) => [
  { action: VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', resource: objectArn(Bucket, Key) },
  ...absence(Bucket, isAbsent),
];

/** If-Match needs s3:GetObject as well (S3 user guide, "Conditional writes" and "Conditional deletes"). */
const condition = (resource: string, { IfMatch }: Readonly<Record<string, unknown>>): readonly Request[] =>
  IfMatch === undefined ? [] : [{ action: 's3:GetObject', resource }];

/** The headers by which a policy knows a conditional write (S3 user guide, "Enforce conditional writes"). */
const conditionContext = ({ IfMatch, IfNoneMatch }: Readonly<Record<string, unknown>>): Record<string, string> => ({
  ...(IfMatch === undefined ? {} : { 's3:if-match': text(IfMatch) }),
  ...(IfNoneMatch === undefined ? {} : { 's3:if-none-match': text(IfNoneMatch) }),
});

/**
 * What IAM is asked for each command of the SDK that this project sends; the resources are those of AWS's service
 * authorization reference, `*` where it names none.
 */
const translations: Readonly<Record<string, Translate>> = {
  GetObjectCommand: readObject,
  HeadObjectCommand: readObject,
  PutObjectCommand(input) {
    const resource = objectArn(input['Bucket'], input['Key']);
    return [{ action: 's3:PutObject', resource, context: conditionContext(input) }, ...condition(resource, input)];
  },
  DeleteObjectCommand(input) {
    const resource = objectArn(input['Bucket'], input['Key']);
    return [{ action: 's3:DeleteObject', resource }, ...condition(resource, input)];
  },
  // Reads the source, writes the target; tags that are copied along need two more permissions (API reference of
  // CopyObject). A condition on the target is not taken for granted: no guide says that policies see it.
  CopyObjectCommand({ Bucket, Key, CopySource, TaggingDirective }, isAbsent) {
    const [path = '', query] = text(CopySource).split('?');
    const [bucket, ...key] = path.split('/').map(decodeURIComponent);
    const source = objectArn(bucket, key.join('/'));
    const version = query === undefined ? '' : 'Version';
    const target = objectArn(Bucket, Key);
    const tags = [
      { action: `s3:GetObject${version}Tagging`, resource: source },
      { action: 's3:PutObjectTagging', resource: target },
    ];
    return [
      { action: `s3:GetObject${version}`, resource: source },
      ...absence(bucket, isAbsent),
      { action: 's3:PutObject', resource: target, context: {} },
      ...(TaggingDirective === 'REPLACE' ? [] : tags),
    ];
  },
  ListObjectsV2Command: ({ Bucket, Prefix }) => [
    { action: 's3:ListBucket', resource: bucketArn(Bucket), context: { 's3:prefix': text(Prefix) } },
  ],
  ListObjectVersionsCommand: ({ Bucket, Prefix }) => [
    { action: 's3:ListBucketVersions', resource: bucketArn(Bucket), context: { 's3:prefix': text(Prefix) } },
  ],
  GetBucketVersioningCommand: ofBucket('s3:GetBucketVersioning'),
  GetBucketNotificationConfigurationCommand: ofBucket('s3:GetBucketNotification'),
  GetBucketEncryptionCommand: ofBucket('s3:GetEncryptionConfiguration'),
  DescribeInstancesCommand: anywhere('ec2:DescribeInstances'),
  DescribeNetworkInterfacesCommand: anywhere('ec2:DescribeNetworkInterfaces'),
  DescribeSecurityGroupRulesCommand: anywhere('ec2:DescribeSecurityGroupRules'),
  DescribeInstanceInformationCommand: anywhere('ssm:DescribeInstanceInformation'),
  DescribeDocumentCommand: ({ Name }) => [
    { action: 'ssm:DescribeDocument', resource: arnOf('ssm', `document/${text(Name)}`) },
  ],
  GetParameterCommand: ({ Name }) => [{ action: 'ssm:GetParameter', resource: arnOf('ssm', `parameter${text(Name)}`) }],
  // Authorised on the document and on every instance, each by itself (Systems Manager user guide, "Restricting Run
  // Command access based on tags").
  SendCommandCommand: ({ DocumentName, InstanceIds }) => [
    { action: 'ssm:SendCommand', resource: arnOf('ssm', `document/${text(DocumentName)}`) },
    ...(InstanceIds as readonly string[]).map((id) => ({
      action: 'ssm:SendCommand',
      resource: arnOf('ec2', `instance/${id}`),
      context: { 'ssm:resourceTag/rollgate:payment': settings.stage },
    })),
  ],
  GetCommandInvocationCommand: anywhere('ssm:GetCommandInvocation'),
  ListCommandsCommand: anywhere('ssm:ListCommands'),
  CancelCommandCommand: anywhere('ssm:CancelCommand'),
  DescribeParametersCommand: anywhere('ssm:DescribeParameters'),
  DescribeStateMachineCommand: ({ stateMachineArn }) => [
    { action: 'states:DescribeStateMachine', resource: text(stateMachineArn) },
  ],
  StartExecutionCommand: ({ stateMachineArn }) => [
    { action: 'states:StartExecution', resource: text(stateMachineArn) },
  ],
  DescribeExecutionCommand: ({ executionArn }) => [
    { action: 'states:DescribeExecution', resource: text(executionArn) },
  ],
  StopExecutionCommand: ({ executionArn }) => [{ action: 'states:StopExecution', resource: text(executionArn) }],
  DescribeAlarmsCommand: anywhere('cloudwatch:DescribeAlarms'),
  SendTaskSuccessCommand: anywhere('states:SendTaskSuccess'),
  SendTaskFailureCommand: anywhere('states:SendTaskFailure'),
};

/** What IAM is asked when this command is sent. Throws for a command that the table does not have. */
export function requestsOf({ name, input, isAbsent }: SentCommand): readonly Request[] {
  const translate = translations[name];
  if (translate === undefined) {
    throw new Error(`${name}: say in sdk-actions.ts which actions and resources it needs`);
  }
  return translate(input, isAbsent);
}
