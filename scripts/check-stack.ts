/**
 * Packages the stack as for AWS, without network and credentials, and holds the result against the linters: the template
 * against cfn-lint, the state machine against the States Language, the documents against what SSM takes. Exits 1 where
 * one finds something. What can't be had here is named on a line of its own.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSsmDocument } from '../local/run-command/ssm-document.ts';
import { packagedStackFolder } from './packaged-stack.ts';
import { ensurePythonTools } from './python-tools.ts';
import { runProgram } from './run-program.ts';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

const folder = mkdtempSync(join(tmpdir(), 'rollgate-stack-'));
try {
  const template = join(await packagedStackFolder(), 'cloudformation-template-update-stack.json');
  const problems = [
    ...(await templateProblems(template)),
    ...(await machineProblems(JSON.parse(readFileSync(template, 'utf8')))),
    ...documentProblems(JSON.parse(readFileSync(template, 'utf8'))),
  ];
  for (const problem of problems) {
    console.error(problem);
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function templateProblems(template: string): Promise<readonly string[]> {
  const tools = await ensurePythonTools((line) => console.log(line));
  if ('why' in tools) {
    console.log(`check: template lint SKIPPED: ${tools.why}`);
    return [];
  }
  const args = ['--template', template, '--non-zero-exit-code', 'warning'];
  const { code, output } = await runProgram(join(tools.bin, 'cfn-lint'), args, { isCaptured: true });
  return code === 0 ? [] : [output.trim()];
}

async function machineProblems({ Resources: resources }: Template): Promise<readonly string[]> {
  const path = join(folder, 'definition.json');
  writeFileSync(path, String(resources['StateMachine']?.Properties['DefinitionString']));
  const validator = join(import.meta.dirname, '..', 'node_modules', '.bin', 'asl-validator');
  const { code, output } = await runProgram(validator, ['validate', '--json-path', path], { isCaptured: true });
  return code === 0 ? [] : [output.trim()];
}

function documentProblems({ Resources: resources }: Template): readonly string[] {
  const documents = Object.entries(resources).filter(([, { Type: type }]) => type === 'AWS::SSM::Document');
  if (documents.length === 0) {
    return ['the packaged stack has no SSM document'];
  }
  return documents.flatMap(([name, { Properties: properties }]) => {
    try {
      parseSsmDocument(name, JSON.stringify(properties['Content']));
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}
