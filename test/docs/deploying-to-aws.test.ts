import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fakeWorld } from '../cli/fake-world.ts';

const read = (path: string): string => readFileSync(path, 'utf8');
const page = read('docs/deploying-to-aws.md');
const fragments = readdirSync('infra').filter((name) => name.endsWith('.yml'));
const stack = [read('serverless.yml'), ...fragments.map((name) => read(`infra/${name}`))].join('\n');

function found(pattern: RegExp, text: string = page): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();
}

describe('the page about AWS names what there is:', () => {
  it('commands', async () => {
    const fake = fakeWorld();
    await fake.run('--help');
    const commands = found(/^ {2}([a-z]+)(?: \[| {2})/gm, fake.stdout.text());

    const named = found(/rollgate ([a-z]+)\b/g).filter((word) => word !== 'upload');
    expect(commands).toEqual(expect.arrayContaining([...named]));
    expect(named).toContain('doctor');
  });

  it('outputs of the stack', () => {
    const outputs = found(/^ {2}([A-Z]\w+):$/gm, stack.slice(stack.indexOf('\nOutputs:')));
    const named = [...found(/\$\(output (\w+)\)/g), ...found(/output `(\w+)`/g)];

    expect(outputs).toEqual(expect.arrayContaining(named));
    expect(named).toContain('HostInstanceProfile');
  });

  it('every policy of operators, and no other', () => {
    const policies = found(/-operator-([a-z]+)-\$\{AWS::Region\}/g, stack);

    expect(found(/^\| `operator-([a-z]+)` \|/gm)).toEqual(policies);
    expect(policies).toContain('doctor');
  });

  it('parameters of the stack', () => {
    const parameters = found(/\$\{param:(\w+)/g, stack);

    expect(parameters).toEqual(expect.arrayContaining([...found(/--param (\w+)=/g)]));
  });

  it('alarms, the key and the queue', () => {
    expect(stack).toContain(`"\${AWS::StackName}-failed-dirty"`);
    expect(stack).toContain(`"\${AWS::StackName}-dead-letters"`);
    expect(stack).toContain(`"alias/\${AWS::StackName}"`);
  });

  it('files and places of its own', () => {
    for (const link of found(/\]\((\.\.\/[^)#]+)\)/g)) {
      expect(() => readdirOrRead(`docs/${link}`), link).not.toThrow();
    }
    const headings = found(/^#+ (.+)$/gm).map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(headings).toEqual(expect.arrayContaining([...found(/\]\(#([^)]+)\)/g)]));
  });

  it('ten commands', () => {
    expect(found(/^\*\*(\d+(?: and \d+)?)\. /gm).flatMap((text) => text.split(' and '))).toHaveLength(10);
  });
});

function readdirOrRead(path: string): void {
  if (path.endsWith('/')) {
    readdirSync(path);
  } else {
    read(path);
  }
}
