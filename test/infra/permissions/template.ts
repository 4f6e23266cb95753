import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse, type Scalar, type ScalarTag } from 'yaml';
import { arnOf, pseudoParameters, variables } from './stage.ts';

/** A resource of a template, its variables and intrinsic functions resolved. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** `!Sub x` is short for `Fn::Sub: x`, `!Ref x` for `Ref: x`. */
const tags: ScalarTag[] = ['Sub', 'Ref', 'GetAtt'].map((name) => ({
  tag: `!${name}`,
  resolve: (text) => ({ [name === 'Ref' ? 'Ref' : `Fn::${name}`]: text }) as unknown as Scalar,
}));

const fragments = new Map<string, Json>();

/** The resources of fragments of the stack, as they are for the stage of `stage.ts`. */
export async function readResources(...paths: readonly string[]): Promise<Readonly<Record<string, Resource>>> {
  const read: Record<string, Resource> = {};
  for (const path of paths) {
    const { Resources } = (await resolve(fragment(path))) as unknown as {
      readonly Resources: Readonly<Record<string, Resource>>;
    };
    Object.assign(read, Resources);
  }
  return read;
}

function fragment(path: string): Json {
  const known = fragments.get(path) ?? (parse(readFileSync(path, 'utf8'), { customTags: tags }) as Json);
  fragments.set(path, known);
  return known;
}

async function resolve(value: Json): Promise<Json> {
  if (typeof value === 'string') return resolveText(value);
  if (Array.isArray(value)) return Promise.all(value.map(resolve));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value as Readonly<Record<string, Json>>).map(
      async ([key, each]) => [key, await resolve(each)] as const,
    ),
  );
  return intrinsic(Object.fromEntries(entries));
}

/** The framework's variables: a whole value may become anything, a part of a text becomes text. */
async function resolveText(text: string): Promise<Json> {
  const whole = /^\$\{file\(([^)]+\.cjs)\)\}$/.exec(text)?.[1];
  if (whole !== undefined) return runScript(whole);
  return text.replace(
    /\$\{(?:file\(([^)]+)\):)?((?:self:|sls:)?[a-zA-Z.]+)\}/g,
    (_, path: string | undefined, name: string) =>
      path === undefined
        ? variable(name)
        : String(resolveNow((fragment(path) as Readonly<Record<string, Json>>)[name] ?? '')),
  );
}

function resolveNow(value: Json): string {
  return String(value).replace(/\$\{((?:self|sls):[a-zA-Z.]+)\}/g, (_, name: string) => variable(name));
}

function variable(name: string): string {
  const value = variables[name];
  if (value === undefined) throw new Error(`the policies use \${${name}}, which this check does not know`);
  return value;
}

type Script = (given: { resolveVariable(name: string): Promise<string> }) => Promise<Json>;

function runScript(path: string): Promise<Json> {
  const script = createRequire(import.meta.url)(`${process.cwd()}/${path}`) as Script;
  return script({ resolveVariable: async (name) => variable(name) });
}

/** What CloudFormation makes of an intrinsic function. Resources of the stack are named after their logical ids. */
function intrinsic(value: Readonly<Record<string, Json>>): Json {
  const [name, ...more] = Object.keys(value);
  if (more.length > 0 || name === undefined) return value;
  const given = String(value[name]);
  if (name === 'Ref') return pseudoParameters[given] ?? given;
  if (name === 'Fn::Sub') {
    return given.replace(/\$\{([A-Za-z:]+)\}/g, (_, parameter: string) => {
      const text = pseudoParameters[parameter];
      if (text === undefined)
        throw new Error(`the policies substitute \${${parameter}}, which this check does not know`);
      return text;
    });
  }
  if (name === 'Fn::GetAtt') {
    const [logicalId, attribute] = given.split('.');
    if (attribute !== 'Arn') throw new Error(`the policies ask for ${given}, which this check does not know`);
    return arnOf('kms', `key/${logicalId}`);
  }
  return value;
}
