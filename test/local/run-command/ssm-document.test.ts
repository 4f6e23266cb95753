import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compileAllowedPattern } from '../../../local/run-command/allowed-pattern.ts';
import { checkParameters, withDefaults } from '../../../local/run-command/check-parameters.ts';
import { replaceInLines, replaceParameters } from '../../../local/run-command/replace-parameters.ts';
import { parseSsmDocument } from '../../../local/run-command/ssm-document.ts';

const yaml = `
schemaVersion: "2.2"
description: Puts a release on the host
parameters:
  releaseId:
    type: String
    description: the release
    allowedPattern: "^v[0-9]{1,9}-[0-9a-f]{12}$"
    maxChars: 30
  keep:
    type: StringList
    default: []
  mode:
    type: String
    default: fast
    allowedValues: [fast, slow]
    minChars: 4
mainSteps:
  - action: aws:runShellScript
    name: install
    inputs:
      timeoutSeconds: 900
      runCommand:
        - "#!/bin/bash"
        - "echo {{ releaseId }}"
`;

const document = parseSsmDocument('rollgate-payment-install', yaml);

describe('a document', () => {
  test('is read with its rules, steps and the SHA-256 of its text', () => {
    expect({ ...document, content: '' }).toEqual({
      name: 'rollgate-payment-install',
      hash: createHash('sha256').update(yaml).digest('hex'),
      content: '',
      parameters: {
        releaseId: { type: 'String', allowedPattern: /^v[0-9]{1,9}-[0-9a-f]{12}$/, maxChars: 30 },
        keep: { type: 'StringList', default: [] },
        mode: { type: 'String', default: ['fast'], allowedValues: ['fast', 'slow'], minChars: 4 },
      },
      steps: [
        {
          name: 'install',
          runCommand: ['#!/bin/bash', 'echo {{ releaseId }}'],
          timeoutSeconds: '900',
          workingDirectory: '',
          finallyStep: false,
          isForOtherPlatform: false,
        },
      ],
    });
  });

  const step = { action: 'aws:runShellScript', name: 'one', inputs: { runCommand: ['true'] } };
  test.each([
    ['not yaml', '{ [', 'd: is neither YAML nor JSON'],
    ['an older schema', { schemaVersion: '1.2', mainSteps: [step] }, 'd: schemaVersion: must be "2.2", as text'],
    [
      'another plugin',
      { schemaVersion: '2.2', mainSteps: [{ ...step, action: 'aws:downloadContent' }] },
      'd: mainSteps.0.action: only aws:runShellScript is interpreted here',
    ],
    [
      'a parameter name that the agent drops',
      { schemaVersion: '2.2', parameters: { not_good: { type: 'String' } }, mainSteps: [step] },
      'd: parameters.not_good: the agent drops names that are not letters and digits',
    ],
    [
      'a type that only automation documents have',
      { schemaVersion: '2.2', parameters: { n: { type: 'Integer' } }, mainSteps: [step] },
      'd: parameters.n.type: is not String or StringList, the types of a command document',
    ],
    [
      'a pattern that the agent cannot compile',
      { schemaVersion: '2.2', parameters: { n: { type: 'String', allowedPattern: '^(?!x)' } }, mainSteps: [step] },
      'd: parameters.n: allowedPattern ^(?!x): uses look-around, which does not mean the same everywhere',
    ],
    ['64 KiB', `#${'x'.repeat(65_536)}`, 'd: is larger than 65536 bytes'],
  ])('with %s is refused', (_what, content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);

    expect(() => parseSsmDocument('d', text)).toThrow(expect.objectContaining({ message }));
  });
});

describe('allowedPattern', () => {
  test('is not anchored by itself', () => {
    expect(compileAllowedPattern('[a-z]+').test('1 a 2')).toBe(true);
  });

  test('$ is the end of the text, not of a line', () => {
    expect(compileAllowedPattern('^[a-z]+$').test('abc\nreboot')).toBe(false);
    expect(compileAllowedPattern('^[a-z]+$').test('abc\n')).toBe(false);
  });

  test.each(['(?<=a)b', '(a)\\1', 'a++', '(?i)a', '[[:alpha:]]', '\\Aa', 'a{1001}', 'a{0,2000}'])(
    '%s is refused',
    (pattern) => {
      expect(() => compileAllowedPattern(pattern)).toThrow(SyntaxError);
    },
  );

  test('an escaped backslash before a digit is no back-reference', () => {
    expect(compileAllowedPattern('^\\\\1$').test('\\1')).toBe(true);
  });
});

describe('parameters', () => {
  const releaseId = ['v42-1a2b3c4d5e6f'];
  test.each([
    ['all good', { releaseId, keep: ['a', 'b'], mode: ['slow'] }, []],
    ['defaults', { releaseId }, []],
    ['a required one missing', {}, ['releaseId: is required']],
    ['an unknown one', { releaseId, relase: ['x'] }, ['relase: the document has no such parameter']],
    ['a name of Object.prototype', { releaseId, toString: ['x'] }, ['toString: the document has no such parameter']],
    [
      'a shell injection',
      { releaseId: ['v42-1a2b3c4d5e6f; reboot'] },
      ['releaseId: does not match allowedPattern ^v[0-9]{1,9}-[0-9a-f]{12}$'],
    ],
    ['two values for a String', { releaseId: [...releaseId, ...releaseId] }, ['releaseId: takes one value, not 2']],
    [
      'several problems',
      { mode: ['no'] },
      ['releaseId: is required', 'mode: is none of fast, slow', 'mode: is shorter than 4'],
    ],
  ])('%s', (_what, values, problems) => {
    expect(checkParameters(document.parameters, values as Record<string, string[]>)).toEqual(problems);
  });

  test('that are left out get their default', () => {
    expect(withDefaults(document.parameters, { releaseId })).toEqual({ releaseId, keep: [], mode: ['fast'] });
  });
});

describe('replacement', () => {
  const rules = { a: { type: 'String' }, b: { type: 'String' }, list: { type: 'StringList' } } as const;
  test.each([
    ['x={{a}} y={{ b }}', { a: ['1'], b: ['2'] }, 'x=1 y=2'],
    ['x={{ a }}', { a: ['{{ b }}'], b: ['2'] }, 'x={{ b }}'],
    ['x={{ a }}', { a: ['$$HOME $b $0'] }, 'x=$HOME  {{ a }}'],
    ['{{ a }}', { a: ['$$HOME $b'] }, '$$HOME $b'],
    ['x={{ list }}', { list: ['1', '2'] }, 'x=["1","2"]'],
    ['x={{ other }} {{ a-b }}', { a: ['1'] }, 'x={{ other }} {{ a-b }}'],
  ])('%s with %j', (text, values, expected) => {
    expect(replaceParameters(text, rules, values as Record<string, string[]>)).toBe(expected);
  });

  test('a line that is a list becomes its lines', () => {
    expect(replaceInLines(['one', '{{ list }}', '{{ a }}'], rules, { a: ['4'], list: ['2', '3'] })).toEqual([
      'one',
      '2',
      '3',
      '4',
    ]);
  });
});
