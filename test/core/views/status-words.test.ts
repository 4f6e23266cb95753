import { describe, expect, it } from 'vitest';
import { endStates } from '../../../core/model/statuses.ts';
import { deploymentWords, endMeanings, hostWords, leftWords, partWords } from '../../../core/views/status-words.ts';

describe('status words', () => {
  it('say the end states as the state machine spells them', () => {
    for (const end of endStates.filter((state) => state !== 'Continued')) {
      expect(deploymentWords[end].word).toBe(end);
    }
  });

  it.each(Object.entries({ deploymentWords, hostWords, partWords, leftWords }))(
    '%s have an icon of one column and a word each',
    (_name, words) => {
      for (const word of Object.values(words)) {
        expect([...word.icon]).toHaveLength(1);
        expect(word.word).not.toBe('');
      }
    },
  );

  it('call only FailedDirty a mess to be repaired', () => {
    const dirty = Object.entries(endMeanings).flatMap(([end, { mess }]) => (mess === 'dirty' ? [end] : []));

    expect(dirty).toEqual(['FailedDirty']);
  });
});
