/** The builds of the sample payment service that can be made, each with what becomes of it on a host. */
export const variants = {
  v1: 'works: the folder samples/payment as it is',
  v2: 'works, and says version 2.0 (GET /version, header X-Payment-Version); same requirements as v1',
  'new-requirement': 'works, needs one Python package more than v1; says version 3.0+xmltodict',
  'pip-fails': 'pip fails in the compiler: python-ldap needs lber.h (Debian libldap2-dev)',
  'pip-fails-early': 'pip fails before the compiler: psycopg2 asks for pg_config (Debian libpq-dev)',
  'no-uwsgi': 'requirements.txt without uwsgi: nothing could be started',
  'import-error': 'starts and exits (22): imports a module that nothing brings along',
  'exits-at-start': 'exits at once (1): payment.ini names a folder that does not exist',
  'answers-500': 'starts, and answers 500 to GET /health',
  'wrong-port': 'starts, and listens on 8081 where 8080 is asked',
  'slow-health': 'starts, and takes 30 s to answer GET /health',
  'dies-after-first-answer': 'answers GET /health once, then the whole service is killed (SIGKILL), again and again',
  'dies-after-8s': 'healthy for 8 s, then the whole service is killed (SIGKILL)',
  'worker-dies-after-4s': 'healthy, but every worker crashes after 4 s under a master that lives on',
  'eats-memory': 'takes 700 MB in every worker while it loads',
  'prints-secret': 'fails at start, with AMQP_PASS in its log and traceback: raw, URL-encoded and base64',
} as const satisfies Readonly<Record<string, string>>;

export type Variant = keyof typeof variants;

export const variantNames: readonly Variant[] = Object.keys(variants).filter(isVariant);

export function isVariant(name: string): name is Variant {
  return Object.hasOwn(variants, name);
}
