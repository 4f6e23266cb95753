import { expect, test } from 'vitest';
import { parameterPatterns } from '../../../core/host/parameter-patterns.ts';
import { documentName } from '../../../core/model/names.ts';
import { buildDocuments } from '../../../infra/documents/build-documents.ts';
import { parseSsmDocument } from '../../../local/run-command/ssm-document.ts';

const kinds = ['install', 'activate', 'verify', 'settle'] as const;

test.each(kinds)(
  'the document %s is read as the agent reads it: one bash step, every parameter with its pattern',
  (kind) => {
    const document = parseSsmDocument(documentName('payment', 'local', kind), buildDocuments()[kind]);

    const patterns = Object.entries(document.parameters).map(([name, rule]) => [name, rule.allowedPattern?.source]);
    expect(Object.fromEntries(patterns)).toEqual(
      Object.fromEntries(
        Object.entries(parameterPatterns[kind]).map(([name, text]) => [name, new RegExp(text).source]),
      ),
    );
    expect(document.steps.map((step) => [step.runCommand[0], step.isForOtherPlatform])).toEqual([
      ['#!/bin/bash', false],
    ]);
  },
);
