import { expect } from 'vitest';
import type { Ledger, WriteResult } from '../../clients/ports.ts';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const crowd = 50;
const rounds = 5;

export function ledgerContract(backEnd: BackEnd): void {
  contract('ledger', backEnd, (contractTest) => {
    contractTest('create writes only where nothing is there', [], async ({ ports: { ledger } }) => {
      const first = await ledger.create('rollgate/a/state.json', '{"n":1}');
      const second = await ledger.create('rollgate/a/state.json', '{"n":2}');

      expect([first.kind, second.kind]).toEqual(['written', 'conflict']);
      expect(await ledger.read('rollgate/a/state.json')).toEqual({
        key: 'rollgate/a/state.json',
        body: '{"n":1}',
        etag: etagOf(first),
      });
    });

    contractTest('replace writes only over the version that was read', [], async ({ ports: { ledger } }) => {
      const made = await ledger.create('a/state.json', 'one');

      const won = await ledger.replace('a/state.json', 'two', etagOf(made));
      const lost = await ledger.replace('a/state.json', 'three', etagOf(made));

      expect([won.kind, lost.kind]).toEqual(['written', 'conflict']);
      expect(await ledger.read('a/state.json')).toEqual({ key: 'a/state.json', body: 'two', etag: etagOf(won) });
    });

    contractTest('replace of nothing is a conflict, and makes nothing', [], async ({ ports: { ledger } }) => {
      const result = await ledger.replace('a/none.json', 'x', '"d41d8cd98f00b204e9800998ecf8427e"');

      expect(result).toEqual({ kind: 'conflict' });
      expect(await ledger.read('a/none.json')).toBeUndefined();
      expect(await ledger.list('')).toEqual([]);
    });

    contractTest('put writes whatever is there', [], async ({ ports: { ledger } }) => {
      await ledger.put('a/token.json', 'one');
      await ledger.put('a/token.json', 'two');

      expect((await ledger.read('a/token.json'))?.body).toBe('two');
    });

    contractTest('what was removed is gone, and its key is free', [], async ({ ports: { ledger } }) => {
      const made = await ledger.create('a/token.json', 'one');
      await ledger.remove('a/token.json');
      await ledger.remove('a/token.json');
      await ledger.remove('a/token.json', etagOf(made));

      expect(await ledger.read('a/token.json')).toBeUndefined();
      expect(await ledger.list('a/')).toEqual([]);
      expect((await ledger.replace('a/token.json', 'two', etagOf(made))).kind).toBe('conflict');
      expect((await ledger.create('a/token.json', 'three')).kind).toBe('written');
      expect((await ledger.read('a/token.json'))?.body).toBe('three');
    });

    contractTest('with the ETag that was read an object is removed', [], async ({ ports: { ledger } }) => {
      const made = await ledger.create('a/token.json', 'one');

      await ledger.remove('a/token.json', etagOf(made));

      expect(await ledger.read('a/token.json')).toBeUndefined();
    });

    contractTest(
      'what was written over since it was read is not removed, and that is no error',
      ['conditionalRemove'],
      async ({ ports: { ledger } }) => {
        const made = await ledger.create('a/token.json', 'one');
        await ledger.put('a/token.json', 'two');

        await ledger.remove('a/token.json', etagOf(made));

        expect((await ledger.read('a/token.json'))?.body).toBe('two');
      },
    );

    contractTest('lists every key below a prefix in UTF-8 order, and no other', [], async ({ ports: { ledger } }) => {
      const keys = ['r/a/1.json', 'r/a-b/2.json', 'r/b.json', 'r/\u{1F600}.json', 'r/\uFFFD.json', 's/x.json'];
      await inParallel(keys, (key) => ledger.put(key, '{}'));
      await ledger.put('r/gone.json', '{}');
      await ledger.remove('r/gone.json');

      expect(await ledger.list('r/')).toEqual([
        'r/a-b/2.json',
        'r/a/1.json',
        'r/b.json',
        'r/\uFFFD.json',
        'r/\u{1F600}.json',
      ]);
      expect(await ledger.list('r/a')).toEqual(['r/a-b/2.json', 'r/a/1.json']);
      expect(await ledger.list('none/')).toEqual([]);
    });

    contractTest('lists more keys than one page holds', ['objectPages'], async (bench) => {
      const keys = Array.from({ length: 12 }, (_, number) => `d/${String(number).padStart(2, '0')} + & ü.json`);
      await inParallel(keys, (key) => bench.ports.ledger.put(key, '{}'));
      const { ports, pages } = await bench.portsWithSmallPages();

      expect(await ports.ledger.list('d/')).toEqual(keys);
      expect(pages()).toBe(3);
    });

    contractTest('takes keys with any character that a name may have', [], async ({ ports: { ledger } }) => {
      const odd = ['a b', 'a+b', 'a%20b', "it's", 'x=1&y=2', 'q?r#s', '(a)[b]{c}', 'ü€\u{1F600}', 'a:b;c,d', '~!@$^*'];
      const keys = odd.map((name) => `odd/${name}/${name}.json`);
      for (const key of keys) {
        expect(await ledger.create(key, key)).toMatchObject({ kind: 'written' });
      }

      for (const key of keys) {
        expect(await ledger.read(key)).toMatchObject({ key, body: key });
        expect(await ledger.list(key)).toEqual([key]);
      }
      expect(new Set(await ledger.list('odd/'))).toEqual(new Set(keys));
      await inParallel(keys, (key) => ledger.remove(key));
      expect(await ledger.list('odd/')).toEqual([]);
    });

    contractTest('gives back every character of a body', [], async ({ ports: { ledger } }) => {
      const body = JSON.stringify({ text: `ü€\u{1F600}\u2028"\\ \n${'x'.repeat(300_000)}` });

      await ledger.put('a/large.json', body);

      expect((await ledger.read('a/large.json'))?.body).toBe(body);
    });

    contractTest(
      'of fifty who replace the same version at once one wins, in every round',
      ['atomicReplace'],
      async ({ ports: { ledger } }) => {
        let current = etagOf(await ledger.create('a/state.json', 'start'));
        for (let round = 1; round <= rounds; round += 1) {
          const results = await inCrowd((writer) => ledger.replace('a/state.json', `${round}/${writer}`, current));

          const winners = winnersOf(results);
          expect(winners).toHaveLength(1);
          const read = await ledger.read('a/state.json');
          expect(read?.body).toBe(`${round}/${winners[0]}`);
          current = read?.etag ?? '';
        }
      },
    );

    contractTest(
      'of fifty who create the same key at once one wins, in every round',
      ['atomicCreate'],
      async ({ ports: { ledger } }) => {
        for (let round = 1; round <= rounds; round += 1) {
          const key = `a/${round}.json`;
          const results = await inCrowd((writer) => ledger.create(key, `by ${writer}`));

          const winners = winnersOf(results);
          expect(winners).toHaveLength(1);
          expect((await ledger.read(key))?.body).toBe(`by ${winners[0]}`);
        }
      },
    );
  });
}

function etagOf(result: WriteResult): string {
  if (result.kind !== 'written') throw new Error('expected to be written');
  return result.etag;
}

function inCrowd(write: (writer: number) => ReturnType<Ledger['create']>): Promise<readonly WriteResult[]> {
  return Promise.all(Array.from({ length: crowd }, (_, writer) => write(writer)));
}

function winnersOf(results: readonly WriteResult[]): readonly number[] {
  return results.flatMap((result, writer) => (result.kind === 'written' ? [writer] : []));
}

/** Twenty at a time: what an emulator's own server takes without falling over. */
async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const pending = [...items];
  const worker = async (): Promise<void> => {
    for (let item = pending.shift(); item !== undefined; item = pending.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}
