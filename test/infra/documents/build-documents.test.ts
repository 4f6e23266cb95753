import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parameterPatterns } from '../../../core/host/parameter-patterns.ts';
import { type HostDocument, hostDocuments } from '../../../core/model/statuses.ts';
import { buildDocuments, documentLimitBytes } from '../../../infra/documents/build-documents.ts';
import { runProgram } from '../../../local/hosts/run-program.ts';

interface Document {
  readonly schemaVersion: string;
  readonly parameters: Readonly<Record<string, { readonly type: string; readonly allowedPattern: string }>>;
  readonly mainSteps: readonly {
    readonly action: string;
    readonly precondition: unknown;
    readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
  }[];
}

const scripts = join(import.meta.dirname, '../../../infra/documents/scripts');
const documents = buildDocuments();
const kinds = hostDocuments;

function parsed(kind: HostDocument): Document {
  return JSON.parse(documents[kind]) as Document;
}

function lines(kind: HostDocument): readonly string[] {
  return parsed(kind).mainSteps[0]?.inputs.runCommand ?? [];
}

describe.each(kinds)('the document %s', (kind) => {
  test('is a command document of one bash step that SSM takes', () => {
    const document = parsed(kind);

    expect(document.schemaVersion).toBe('2.2');
    expect(document.mainSteps.map((step) => step.action)).toEqual(['aws:runShellScript']);
    expect(lines(kind)[0]).toBe('#!/bin/bash');
    expect(Buffer.byteLength(documents[kind])).toBeLessThan(documentLimitBytes);
  });

  test('takes exactly the parameters of the table, each checked by its pattern', () => {
    const taken = Object.entries(parsed(kind).parameters);

    const patterns = Object.fromEntries(taken.map(([name, parameter]) => [name, parameter.allowedPattern]));

    expect(patterns).toEqual(parameterPatterns[kind]);
    expect(taken.every(([, parameter]) => parameter.type === 'String')).toBe(true);
  });

  test('puts each parameter into a variable once, at its top, and passes it on by name', () => {
    const names = Object.keys(parsed(kind).parameters);

    expect(lines(kind).slice(1, names.length + 1)).toEqual(names.map((name) => `${name}='{{ ${name} }}'`));
    expect(documents[kind].match(/\{\{/g)).toHaveLength(names.length);
    const call = lines(kind).find((line) => line.startsWith(`bash "$directory/${kind}.sh"`));
    expect(call?.match(/"--\w+=\$\w+"/g)).toEqual(names.map((name) => `"--${name}=$${name}"`));
  });

  test('holds nothing that a packager would resolve', () => {
    expect(documents[kind]).not.toContain('${');
  });

  test('unpacks its scripts unchanged', async () => {
    const all = lines(kind);
    const directory = mkdtempSync(join(tmpdir(), 'rollgate-documents-'));
    const unpacking = all.slice(
      all.findIndex((line) => line.startsWith('unpack() ')),
      all.indexOf('END') + 1,
    );

    const result = await runProgram(['bash', '-s'], { stdin: [`directory=${directory}`, ...unpacking].join('\n') });

    const carried = readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')] as const);
    rmSync(directory, { recursive: true });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(carried.map(([name]) => name)).toContain(`${kind}.sh`);
    for (const [name, content] of carried) expect(content).toBe(readFileSync(join(scripts, name), 'utf8'));
  });

  test('is a script that bash can read', async () => {
    const result = await runProgram(['bash', '-n', '-s'], { stdin: lines(kind).join('\n') });

    expect(result).toMatchObject({ code: 0, stderr: '' });
  });
});

test('the same scripts build the same documents', () => {
  expect(buildDocuments()).toEqual(documents);
});
