import type { StageAddress } from '../stage-address.ts';
import { networkCodes } from './aws-errors.ts';

/** A stage on AWS can not be reached, or not by this caller; nothing was changed by this call. */
export class StageAccessError extends Error {
  override readonly name = 'StageAccessError';
  /** What to type next. */
  readonly nextStep: string;

  constructor(message: string, nextStep: string, options?: ErrorOptions) {
    super(message, options);
    this.nextStep = nextStep;
  }
}

/** The caller is known and may not do this. */
const refusals: readonly string[] = [
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'AllAccessDisabled',
  'KMSAccessDeniedException',
];

/** AWS does not take these credentials, or no longer. */
const badCredentials: readonly string[] = [
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  'AuthFailure',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];

/** No credentials were found, or the ones of a profile can not be had: an SSO session that has ended among them. */
const noCredentials: readonly string[] = ['CredentialsProviderError', 'TokenProviderError'];

/**
 * What an error of the SDK means for a person, with what to type; undefined where it is none of access. Looks at names and
 * codes only, also of the errors behind it.
 */
export function explainAccess(error: unknown, address: StageAddress): StageAccessError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof StageAccessError) {
      return each;
    }
    const told = explainOne(each, address, error);
    if (told !== undefined) {
      return told;
    }
  }
  return undefined;
}

function explainOne(error: Error, address: StageAddress, whole: unknown): StageAccessError | undefined {
  const say = (message: string, nextStep: string): StageAccessError =>
    new StageAccessError(message, nextStep, { cause: whole });
  const sentence = error.message.trim();
  if (noCredentials.includes(error.name)) {
    const whose = address.profile === undefined || address.profile === '' ? '' : ` for the profile ${address.profile}`;
    return say(`no credentials of AWS${whose}: ${sentence}`, signIn(address));
  }
  if (badCredentials.includes(error.name)) {
    return say(`AWS does not take these credentials (${error.name}): ${sentence}`, signIn(address));
  }
  if (refusals.includes(error.name)) {
    return say(
      `this caller may not do that: ${sentence}`,
      `attach the policy that the stack made for it (aws iam list-policies --scope Local --query "Policies[?contains(PolicyName,'${address.service}-${address.stage}-operator')].Arn"), or take another --profile`,
    );
  }
  const code = 'code' in error ? String(error.code) : '';
  if (networkCodes.includes(code) || error.name === 'TimeoutError') {
    return say(
      `AWS can not be reached from here (${code === '' ? error.name : code})${sentence === '' ? '' : `: ${sentence}`}`,
      'check the network, HTTPS_PROXY and the spelling of the region, then the same again',
    );
  }
  return undefined;
}

/** How a person gets credentials that count. */
export function signIn({ profile }: StageAddress): string {
  return profile === undefined || profile === ''
    ? 'aws configure sso (or aws configure), then the same again with --profile, or with AWS_PROFILE set'
    : `aws sso login --profile ${profile}, or where it uses no SSO: aws configure --profile ${profile}`;
}
